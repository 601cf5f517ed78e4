// Checksums and message authentication. Pure; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mayfly {

// CRC-64/XZ (ECMA-182, reflected, init and xorout all ones); the check value of "123456789" is
// 11051210869376104954. FC's codeChecksum is this as a decimal string. `so_far` continues a sum.
std::uint64_t crc64(std::string_view bytes, std::uint64_t so_far = 0);

// The crc64 of two texts one after the other, from the sums of both and the second one's length.
std::uint64_t crc64_joined(std::uint64_t first, std::uint64_t second, std::uint64_t second_bytes);

// The others that S3 knows, all of the same kind: CRC-32 (IEEE), CRC-32C, CRC-64/NVME.
std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far = 0);
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far = 0);
std::uint64_t crc64_nvme(std::string_view bytes, std::uint64_t so_far = 0);

std::string md5(std::string_view bytes);                                  // 16 raw bytes
std::string sha1(std::string_view bytes);                                 // 20 raw bytes
std::string sha256(std::string_view bytes);                               // 32 raw bytes
std::string hmac_sha1(std::string_view key, std::string_view message);    // 20 raw bytes
std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 raw bytes

// A hash of bytes that come piece by piece.
class Hash {
public:
    enum class Kind { md5, sha1, sha256 };
    explicit Hash(Kind kind);
    Hash& add(std::string_view bytes);
    std::string end();  // the raw bytes; nothing may be added afterwards

private:
    struct Free {
        void operator()(void* context) const;
    };
    std::unique_ptr<void, Free> context_;
};

}  // namespace mayfly
