// The HTTP requests that a function's program is sent (facts: "Custom runtime"). Pure.
#pragma once

#include "custom/call.hpp"
#include "custom/setup.hpp"
#include "workers/wire.hpp"

#include <string>
#include <string_view>

namespace mayfly::custom {

struct Request {
    std::string method;
    std::string head;       // the request line and all headers, with the empty line after them
    std::string_view body;  // outlives the request
    bool chunked = false;   // what its body has is sent in chunks
    bool once = false;      // not to be sent again, whatever its method
};

// POST /initialize, before the first call; `call` is the one that waits for it.
Request initialize_request(const Setup& setup, const Call& call);

// GET /pre-freeze or /pre-stop: GET in name only, so it is sent once.
Request hook_request(const Setup& setup, const Call& call, workers::Hook hook);

// An event as POST /invoke; a call that came over HTTP as it came, with the x-fc-* headers added.
// What a caller sent as x-fc-* does not pass: a program may believe those.
Request call_request(const Setup& setup, const Call& call);

// GET of the health check's path.
Request health_request(const Setup& setup);

// Whether sending it twice does what sending it once does (RFC 9110, 9.2.2).
bool is_idempotent(std::string_view method);

}  // namespace mayfly::custom
