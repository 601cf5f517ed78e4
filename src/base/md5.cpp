#include "base/md5.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mayfly {

static_assert(std::endian::native == std::endian::little);

namespace {

#if defined(__x86_64__)

#define MAYFLY_AVX512VL __attribute__((target("avx512f,avx512vl"), always_inline)) inline

bool has_avx512vl() {
    static const bool has = __builtin_cpu_supports("avx512vl");
    return has;
}

// RFC 1321, 3.4: of step i, 2^32 * |sin(i + 1)|.
constexpr std::array<std::uint32_t, 64> kAdded{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kTurned[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
// Truth tables of the four rounds' functions of b, c, d: F, G, H, I.
constexpr int kFunction[4] = {0xCA, 0xE4, 0x96, 0x39};

constexpr std::size_t word_of(int step) {
    constexpr int factor[4] = {1, 5, 3, 7}, offset[4] = {0, 1, 5, 0};
    return static_cast<std::size_t>((factor[step / 16] * step + offset[step / 16]) % 16);
}

// What does not hang on the step before (a and two addends) is made first, whatever the compiler
// thinks of the order: so a step is four instructions behind the last.
template <int step>
MAYFLY_AVX512VL void take_step(__m128i& a, __m128i b, __m128i c, __m128i d, const char* block) {
    std::uint32_t word;
    std::memcpy(&word, block + 4 * word_of(step), 4);
    auto sum = _mm_add_epi32(a, _mm_set1_epi32(static_cast<int>(word)));
    sum = _mm_add_epi32(sum, _mm_set1_epi32(static_cast<int>(kAdded[step])));
    asm("" : "+v"(sum));
    sum = _mm_add_epi32(sum, _mm_ternarylogic_epi32(b, c, d, kFunction[step / 16]));
    a = _mm_add_epi32(b, _mm_rol_epi32(sum, kTurned[step / 16][step % 4]));
}

template <int step>
MAYFLY_AVX512VL void take_steps(__m128i& a, __m128i& b, __m128i& c, __m128i& d, const char* block) {
    if constexpr (step < 64) {
        take_step<step>(a, b, c, d, block);
        take_step<step + 1>(d, a, b, c, block);
        take_step<step + 2>(c, d, a, b, block);
        take_step<step + 3>(b, c, d, a, block);
        take_steps<step + 4>(a, b, c, d, block);
    }
}

__attribute__((target("avx512f,avx512vl"))) void take_blocks(std::array<std::uint32_t, 4>& state,
                                                             const char* from, std::size_t n) {
    __m128i s[4];
    for (std::size_t i = 0; i < 4; ++i) s[i] = _mm_cvtsi32_si128(static_cast<int>(state[i]));
    for (; n != 0; --n, from += 64) {
        auto a = s[0], b = s[1], c = s[2], d = s[3];
        take_steps<0>(a, b, c, d, from);
        s[0] = _mm_add_epi32(s[0], a);
        s[1] = _mm_add_epi32(s[1], b);
        s[2] = _mm_add_epi32(s[2], c);
        s[3] = _mm_add_epi32(s[3], d);
    }
    for (std::size_t i = 0; i < 4; ++i)
        state[i] = static_cast<std::uint32_t>(_mm_cvtsi128_si32(s[i]));
}

#else

bool has_avx512vl() { return false; }
void take_blocks(std::array<std::uint32_t, 4>&, const char*, std::size_t) {}

#endif

}  // namespace

Md5::Md5() {
    if (!has_avx512vl()) plain_.emplace(Hash::Kind::md5);
}

Md5& Md5::add(std::string_view bytes) {
    if (plain_) {
        plain_->add(bytes);
        return *this;
    }
    if (const auto have = bytes_ % kBlock; have != 0) {
        const auto now = bytes.substr(0, kBlock - have);
        now.copy(open_.data() + have, now.size());
        bytes_ += now.size();
        bytes.remove_prefix(now.size());
        if (have + now.size() < kBlock) return *this;
        take_blocks(state_, open_.data(), 1);
    }
    take_blocks(state_, bytes.data(), bytes.size() / kBlock);
    bytes_ += bytes.size();
    bytes.remove_prefix(bytes.size() / kBlock * kBlock);
    bytes.copy(open_.data(), bytes.size());
    return *this;
}

// A one, zeros, and the length in bits (RFC 1321, 3.1 and 3.2).
std::string Md5::end() {
    if (plain_) return plain_->end();
    const std::uint64_t bits = bytes_ * 8;
    const auto have = bytes_ % kBlock;
    std::string last(have < kBlock - 8 ? kBlock - have : 2 * kBlock - have, '\0');
    last.front() = '\x80';
    std::memcpy(last.data() + last.size() - 8, &bits, 8);
    add(last);
    std::string out(16, '\0');
    std::memcpy(out.data(), state_.data(), 16);
    return out;
}

}  // namespace mayfly
