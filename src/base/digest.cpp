#include "base/digest.hpp"

#include "base/check.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <memory>
#include <string>

namespace mayfly {

namespace {

// Slicing by eight: table[k][b] is the sum of byte b followed by k zero bytes.
constexpr auto make_tables() {
    std::array<std::array<std::uint64_t, 256>, 8> table{};
    for (std::uint64_t i = 0; i < 256; ++i) {
        std::uint64_t crc = i;
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 1 ? crc >> 1 ^ 0xC96C5795D7870F42ull : crc >> 1;
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
    for (const char c : bytes)
        crc = table[0][(crc ^ static_cast<unsigned char>(c)) & 255] ^ crc >> 8;
    return ~crc;
}

namespace {

constexpr std::size_t sha256_block = 64;

// OpenSSL 3 looks an algorithm up by name for each one-shot call, which costs more than hashing a
// short text. The handle is looked up once; it never changes and is freed by nobody.
class Sha256 {
public:
    Sha256() : context_(EVP_MD_CTX_new()) {
        static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
        CHECK(context_ && EVP_DigestInit_ex2(context_.get(), algorithm, nullptr));
    }
    Sha256& add(std::string_view bytes) {
        CHECK(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()));
        return *this;
    }
    std::string end() {
        std::string out(SHA256_DIGEST_LENGTH, '\0');
        CHECK(EVP_DigestFinal_ex(context_.get(), reinterpret_cast<unsigned char*>(out.data()),
                                 nullptr));
        return out;
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

std::string xored(std::string text, char with) {
    for (char& c : text) c = static_cast<char>(c ^ with);
    return text;
}

}  // namespace

std::string sha256(std::string_view bytes) { return Sha256().add(bytes).end(); }

// RFC 2104.
std::string hmac_sha256(std::string_view key, std::string_view message) {
    std::string padded(key.size() > sha256_block ? sha256(key) : std::string(key));
    padded.resize(sha256_block);
    const auto inner = Sha256().add(xored(padded, 0x36)).add(message).end();
    return Sha256().add(xored(padded, 0x5c)).add(inner).end();
}

}  // namespace mayfly
