// A call as it came in a frame. Pure.
#pragma once

#include "base/result.hpp"
#include "custom/headers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly::custom {

// Of a call that came over HTTP.
struct Http {
    std::string method;
    std::string path;   // decoded, what follows the function's name
    std::string query;  // as sent
    std::string uri;    // as sent, with query
    Headers headers;
    std::size_t credit = 0;  // bytes that its reader takes ahead; 0: its answer is to come whole
    bool more = false;       // of its body than is here: the rest comes in parts
};

struct Call {
    std::uint64_t id = 0;
    std::string request_id;
    Headers own;  // its x-fc-* headers: request id, retry count, credentials
    std::optional<Http> http;
    std::string payload;
    std::size_t event_at = 0;

    // The event, or the body of the HTTP request.
    std::string_view event() const { return std::string_view(payload).substr(event_at); }
};

// Takes the payload of a call frame apart. invalid: it is not one.
Result<Call> read_call(std::uint64_t id, std::string payload);

}  // namespace mayfly::custom
