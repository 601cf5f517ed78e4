// A Response as the bytes of HTTP/1.1, but for a body that is made while it is sent. RFC 9112.
// Pure.
#pragma once

#include "door/http.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mayfly::door {

// How the end of a response's body is told.
enum class Framing : std::uint8_t { length, chunks, close };

Framing framing_of(const Response& response, bool is_http_1_1);

// The header, and `body` as `framing` has it, unless it answers a HEAD. `date`: of the Date field.
std::string serialized(const Response& response, Framing framing, bool keep_alive, bool head,
                       std::string_view date);

// A piece that is not empty as a chunk (7.1), and what ends them.
std::string chunk(std::string_view piece);
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

}  // namespace mayfly::door
