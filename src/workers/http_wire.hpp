// HTTP inside a worker's frames (runtimes/PROTOCOL.md). Pure.
//
// JSON holds text and HTTP holds bytes: bytes from 128 on are the characters U+0080 to U+00FF (ISO
// 8859-1), both ways, as Node.js and WSGI have them too.
#pragma once

#include "base/result.hpp"
#include "model/call.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mayfly::workers {

// FC's limit of what a function's headers may have together, names, values and 4 bytes for each.
inline constexpr std::size_t kHeadBytesMax = 8u << 10;

// The JSON of a call frame: {"http": …}. `path` must be UTF-8. `credit`: how many bytes of a body
// its reader takes ahead; 0: it takes no parts. `more`: what follows the frame's part of the
// request's body comes in parts.
std::string about_http(const HttpPart& request, std::size_t credit = 0, bool more = false);

// Adds "retry_count" to the JSON of a call frame, which may be empty.
void add_retry_count(std::string& about, int retry_count);

// The same with the call's span, in the form of W3C Trace Context.
void add_traceparent(std::string& about, const std::string& traceparent);

struct HttpAnswer {
    HttpHead head;
    std::size_t body_begins = 0;  // in the payload
};

// Takes apart the payload of an answer with flag 8; a function may have made it. invalid: not of
// the protocol's form: the worker must end. failed (BadResponse): a status or header that HTTP does
// not have, or too many of them; the sentence is for the function's author.
Result<HttpAnswer> read_http_answer(std::string_view payload);

}  // namespace mayfly::workers
