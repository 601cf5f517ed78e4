// What both functions and layers are made of.
#pragma once

#include <cstdint>
#include <string>

namespace mayfly {

using AccountId = std::string;  // decimal digits, as Alibaba Cloud writes them

// Where an uploaded package lies. The zip itself is a blob named by its sha-256.
struct Code {
    std::string sha256;  // 64 hex digits
    std::uint64_t crc64 = 0;
    std::uint64_t zip_bytes = 0;
};

}  // namespace mayfly
