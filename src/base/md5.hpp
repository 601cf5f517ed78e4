// MD5 (RFC 1321) of bytes that come piece by piece, as fast as one stream of it can be.
//
// Each of its 64 steps needs the one before, so what counts is how long a step takes, not how many
// instructions it has: four cycles where AVX-512VL makes its function of three words at once, some
// five elsewhere, where OpenSSL does it. It is what limits how fast one large object is stored.
#pragma once

#include "base/digest.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly {

// One thread at a time.
class Md5 {
public:
    Md5();
    Md5& add(std::string_view bytes);
    std::string end();  // 16 raw bytes; nothing may be added afterwards

private:
    static constexpr std::size_t kBlock = 64;

    std::optional<Hash> plain_;  // where there is no AVX-512VL
    std::array<std::uint32_t, 4> state_{0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u};
    std::array<char, kBlock> open_{};  // the block that is not full
    std::uint64_t bytes_ = 0;
};

}  // namespace mayfly
