#include "base/digest.hpp"

#include "base/check.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

namespace mayfly {

namespace {

// Slicing by eight: table[k][b] is the sum of byte b followed by k zero bytes.
constexpr auto make_tables() {
    std::array<std::array<std::uint64_t, 256>, 8> table{};
    for (std::uint64_t i = 0; i < 256; ++i) {
        std::uint64_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xC96C5795D7870F42ull : crc >> 1;
        table[0][i] = crc;
    }
    for (std::size_t i = 0; i < 256; ++i)
        for (std::size_t k = 1; k < 8; ++k)
            table[k][i] = table[0][table[k - 1][i] & 255] ^ table[k - 1][i] >> 8;
    return table;
}

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t so_far) {
    static constexpr auto table = make_tables();
    std::uint64_t crc = ~so_far;
    while (bytes.size() >= 8) {
        for (std::size_t k = 0; k < 8; ++k)
            crc ^= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[k])) << 8 * k;
        std::uint64_t next = 0;
        for (std::size_t k = 0; k < 8; ++k) next ^= table[7 - k][crc >> 8 * k & 255];
        crc = next;
        bytes.remove_prefix(8);
    }
    for (const char c : bytes) crc = table[0][(crc ^ static_cast<unsigned char>(c)) & 255] ^ crc >> 8;
    return ~crc;
}

std::string sha256(std::string_view bytes) {
    std::string out(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::string out(SHA256_DIGEST_LENGTH, '\0');
    unsigned int length = 0;
    CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(message.data()), message.size(),
               reinterpret_cast<unsigned char*>(out.data()), &length));
    return out;
}

}  // namespace mayfly
