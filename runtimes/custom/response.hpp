// What a function's program answered over HTTP, and how much of it is taken: a program is not
// trusted with our memory.
#pragma once

#include "custom/headers.hpp"

#include <cstddef>
#include <string>

namespace mayfly::custom {

inline constexpr std::size_t kResponseHeaderBytesMax = 64u << 10;
// With its headers it must fit into a frame of 64 MiB. One that is passed on in parts has no limit.
inline constexpr std::size_t kResponseBodyBytesMax = (64u << 20) - (256u << 10);

// One that says that it is so short is passed on whole, though it might go in parts.
inline constexpr std::size_t kResponseWholeBytes = 64u << 10;

struct Response {
    int status = 0;
    Headers headers;
    std::string body;
};

}  // namespace mayfly::custom
