// A program's HTTP response as the answer frame of PROTOCOL.md. Pure.
#pragma once

#include "base/result.hpp"
#include "custom/response.hpp"

#include <cstdint>
#include <string>

namespace mayfly::custom {

struct Answer {
    std::uint8_t flags = 0;  // workers::AnswerFlag, or kHttpAnswer
    std::string head;        // of an HTTP answer: its length and JSON
    std::string body;
};

inline constexpr std::uint8_t kHttpAnswer = 8;

// Of an event, or of the initializer: only the body counts. A status other than 2xx, or the header
// "x-fc-status: 404", says that the function failed; a body that is not FC's error JSON is then
// wrapped in it.
Answer event_answer(Response response);

// Of a call that came over HTTP: status, headers and body as they are, without what was between
// program and shim alone.
Answer http_answer(Response response);

// The head of one in parts, the same way; with the length that the program said, for nobody counts.
std::string parts_head(const Response& response);

// The answer that ends them.
Answer parts_end();

// {"errorMessage", "errorType"}: there was no response.
Answer failure_answer(const Error& error);

}  // namespace mayfly::custom
