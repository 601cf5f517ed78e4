// The long part of a cyclic redundancy sum by carry-less multiplication (PCLMULQDQ), 64 bytes a
// step: some eight times as fast as tables. Used by crc_sum.hpp only.
//
// A text of bits is a polynomial; its sum is the rest modulo the sum's own one. 16 bytes may be
// taken away from the front if what they are worth modulo that is added (xor) to 16 bytes further
// behind. So four accumulators, each 16 bytes, jump over 64 bytes at a time; at the end one of 16
// bytes is left that has the same rest as all that was read.
//
// All is reflected, as the sums are: the first byte's lowest bit is the highest power. Two
// reflected 64-bit factors multiply to a product that is one power short of its place, hence the "-
// 1" below.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mayfly {

template <class Word, Word polynomial>
struct CrcFold {
    static constexpr std::size_t kBytesMin = 128;  // below, tables are as good

    // x^n modulo the polynomial, its x^0 in bit 63.
    static constexpr std::uint64_t power(unsigned n) {
        Word value = static_cast<Word>(Word{1} << (8 * sizeof(Word) - 1));
        for (; n != 0; --n)
            value = static_cast<Word>(value & 1 ? value >> 1 ^ polynomial : value >> 1);
        return std::uint64_t{value} << (64 - 8 * sizeof(Word));
    }

#if defined(__x86_64__)
    static bool is_here() {
        static const bool here = __builtin_cpu_supports("pclmul");
        return here;
    }

    // The 16 bytes that stand for the front of `bytes`, which is taken away; `crc` goes before it.
    // At least kBytesMin bytes.
    __attribute__((target("pclmul,sse4.1"))) static std::array<std::uint64_t, 2> take_front(
        std::string_view& bytes, Word crc) {
        const auto* from = reinterpret_cast<const __m128i*>(bytes.data());
        __m128i a[4];
        for (int i = 0; i < 4; ++i) a[i] = _mm_loadu_si128(from + i);
        a[0] = _mm_xor_si128(a[0], _mm_cvtsi64_si128(static_cast<long long>(crc)));
        std::size_t at = 4;
        for (const std::size_t end = bytes.size() / 16; at + 4 <= end; at += 4)
            for (std::size_t i = 0; i < 4; ++i)
                a[i] = jumped<512>(a[i], _mm_loadu_si128(from + at + i));
        for (int i = 1; i < 4; ++i) a[i] = jumped<128>(a[i - 1], a[i]);
        bytes.remove_prefix(16 * at);
        return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(a[3])),
                static_cast<std::uint64_t>(_mm_extract_epi64(a[3], 1))};
    }

private:
    // `what`, moved on by so many bits, and `there`.
    template <unsigned bits>
    __attribute__((target("pclmul,sse4.1"))) static __m128i jumped(__m128i what, __m128i there) {
        constexpr auto near = power(bits - 1), far = power(bits + 64 - 1);
        const auto by = _mm_set_epi64x(static_cast<long long>(near), static_cast<long long>(far));
        const auto low = _mm_clmulepi64_si128(what, by, 0x00);
        const auto high = _mm_clmulepi64_si128(what, by, 0x11);
        return _mm_xor_si128(_mm_xor_si128(low, high), there);
    }
#else
    static bool is_here() { return false; }
    static std::array<std::uint64_t, 2> take_front(std::string_view&, Word) { return {}; }
#endif
};

}  // namespace mayfly
