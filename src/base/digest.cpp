#include "base/digest.hpp"

#include "base/check.hpp"
#include "base/crc_sum.hpp"

#include <openssl/evp.h>

#include <array>
#include <initializer_list>
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

// Of texts one after the other. The context is kept, for making one costs more than hashing a few
// lines does.
std::string hash_of(Hash::Kind kind, std::initializer_list<std::string_view> texts) {
    struct Kept {
        EVP_MD_CTX* const context = EVP_MD_CTX_new();
        ~Kept() { EVP_MD_CTX_free(context); }
    };
    static thread_local const std::array<Kept, 3> kept;  // one a kind
    auto* const c = kept[static_cast<std::size_t>(kind)].context;
    CHECK(c && EVP_DigestInit_ex2(c, algorithm(kind), nullptr));
    for (const auto text : texts) CHECK(EVP_DigestUpdate(c, text.data(), text.size()));
    std::array<unsigned char, EVP_MAX_MD_SIZE> out;
    unsigned size = 0;
    CHECK(EVP_DigestFinal_ex(c, out.data(), &size));
    return {reinterpret_cast<const char*>(out.data()), size};
}

// RFC 2104.
std::string hmac(Hash::Kind kind, std::string_view key, std::string_view message) {
    std::array<char, hmac_block> inner{}, outer{};
    const auto fitting = key.size() > hmac_block ? hash_of(kind, {key}) : std::string(key);
    fitting.copy(inner.data(), fitting.size());
    outer = inner;
    for (char& c : inner) c = static_cast<char>(c ^ 0x36);
    for (char& c : outer) c = static_cast<char>(c ^ 0x5c);
    const auto first = hash_of(kind, {{inner.data(), inner.size()}, message});
    return hash_of(kind, {{outer.data(), outer.size()}, first});
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

std::string md5(std::string_view bytes) { return hash_of(Hash::Kind::md5, {bytes}); }
std::string sha1(std::string_view bytes) { return hash_of(Hash::Kind::sha1, {bytes}); }
std::string sha256(std::string_view bytes) { return hash_of(Hash::Kind::sha256, {bytes}); }

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
