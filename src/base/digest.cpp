#include "base/digest.hpp"

#include "base/check.hpp"
#include "base/crc_sum.hpp"

#include <openssl/evp.h>

#include <array>
#include <string>

namespace mayfly {

namespace {

constexpr std::uint64_t kCrc64 = 0xC96C5795D7870F42ull;
constexpr std::size_t hmac_block = 64;  // of SHA-1 and SHA-256

// Product of two polynomials modulo CRC-64/XZ's, all reflected: bit 63 is x^0.
std::uint64_t product(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    for (std::uint64_t bit = 1ull << 63; bit != 0; bit >>= 1) {
        if (a & bit) sum ^= b;
        b = b & 1 ? b >> 1 ^ kCrc64 : b >> 1;
    }
    return sum;
}

EVP_MD_CTX* context(void* c) { return static_cast<EVP_MD_CTX*>(c); }

// OpenSSL 3 looks an algorithm up by name for each one-shot call, which costs more than hashing a
// short text. The handles are looked up once; they never change and are freed by nobody.
const EVP_MD* algorithm(Hash::Kind kind) {
    static EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
    static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    switch (kind) {
        case Hash::Kind::md5: return md5;
        case Hash::Kind::sha1: return sha1;
        case Hash::Kind::sha256: return sha256;
    }
    return nullptr;
}

std::string xored(std::string text, char with) {
    for (char& c : text) c = static_cast<char>(c ^ with);
    return text;
}

// RFC 2104.
std::string hmac(Hash::Kind kind, std::string_view key, std::string_view message) {
    std::string padded(key.size() > hmac_block ? Hash(kind).add(key).end() : std::string(key));
    padded.resize(hmac_block);
    const auto inner = Hash(kind).add(xored(padded, 0x36)).add(message).end();
    return Hash(kind).add(xored(padded, 0x5c)).add(inner).end();
}

}  // namespace

std::uint64_t crc64(std::string_view bytes, std::uint64_t so_far) {
    return CrcSum<std::uint64_t, kCrc64>::of(bytes, so_far);
}
std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far) {
    return CrcSum<std::uint32_t, 0xEDB88320u>::of(bytes, so_far);
}
std::uint32_t crc32c(std::string_view bytes, std::uint32_t so_far) {
    return CrcSum<std::uint32_t, 0x82F63B78u>::of(bytes, so_far);
}
std::uint64_t crc64_nvme(std::string_view bytes, std::uint64_t so_far) {
    return CrcSum<std::uint64_t, 0x9A6C9329AC4BC9B5ull>::of(bytes, so_far);
}

// The first text's sum, moved up by x^(8 * second_bytes): a power by squaring.
std::uint64_t crc64_joined(std::uint64_t first, std::uint64_t second, std::uint64_t second_bytes) {
    std::uint64_t power = 1ull << 63, square = 1ull << 55;  // x^0 and x^8
    for (; second_bytes != 0; second_bytes >>= 1) {
        if (second_bytes & 1) power = product(power, square);
        square = product(square, square);
    }
    return product(power, first) ^ second;
}

std::string md5(std::string_view bytes) { return Hash(Hash::Kind::md5).add(bytes).end(); }
std::string sha1(std::string_view bytes) { return Hash(Hash::Kind::sha1).add(bytes).end(); }
std::string sha256(std::string_view bytes) { return Hash(Hash::Kind::sha256).add(bytes).end(); }

std::string hmac_sha1(std::string_view key, std::string_view message) {
    return hmac(Hash::Kind::sha1, key, message);
}
std::string hmac_sha256(std::string_view key, std::string_view message) {
    return hmac(Hash::Kind::sha256, key, message);
}

void Hash::Free::operator()(void* c) const { EVP_MD_CTX_free(context(c)); }

Hash::Hash(Kind kind) : context_(EVP_MD_CTX_new()) {
    CHECK(context_ && EVP_DigestInit_ex2(context(context_.get()), algorithm(kind), nullptr));
}

Hash& Hash::add(std::string_view bytes) {
    CHECK(EVP_DigestUpdate(context(context_.get()), bytes.data(), bytes.size()));
    return *this;
}

std::string Hash::end() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out;
    unsigned size = 0;
    CHECK(EVP_DigestFinal_ex(context(context_.get()), out.data(), &size));
    return {reinterpret_cast<const char*>(out.data()), size};
}

}  // namespace mayfly
