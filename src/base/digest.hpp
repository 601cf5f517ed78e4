// Checksums and message authentication. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mayfly {

// CRC-64/XZ (ECMA-182, reflected, init and xorout all ones); the check value of "123456789" is
// 11051210869376104954. FC's codeChecksum is this as a decimal string. `so_far` continues a sum.
std::uint64_t crc64(std::string_view bytes, std::uint64_t so_far = 0);

std::string sha256(std::string_view bytes);                               // 32 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 raw bytes

}  // namespace mayfly
