// Cyclic redundancy sums of the reflected kind (init and xorout all ones): by tables, sixteen bytes
// a step, and the long part of a long text by crc_fold.hpp. Used by digest.cpp only.
#pragma once

#include "base/crc_fold.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mayfly {

// `polynomial` is reflected: bit 0 is the highest power. Word is as wide as the sum.
template <class Word, Word polynomial>
struct CrcSum {
    using Tables = std::array<std::array<Word, 256>, 16>;

    // table[k][b] is the sum of byte b followed by k zero bytes.
    static constexpr Tables make_tables() {
        Tables made{};
        for (std::size_t i = 0; i < 256; ++i) {
            Word crc = static_cast<Word>(i);
            for (int bit = 0; bit < 8; ++bit)
                crc = static_cast<Word>(crc & 1 ? crc >> 1 ^ polynomial : crc >> 1);
            made[0][i] = crc;
        }
        for (std::size_t i = 0; i < 256; ++i)
            for (std::size_t k = 1; k < 16; ++k)
                made[k][i] = made[0][made[k - 1][i] & 255] ^ made[k - 1][i] >> 8;
        return made;
    }
    static constexpr Tables table = make_tables();

    // The sum of 16 bytes after a sum of none.
    static Word of_16(std::uint64_t low, std::uint64_t high) {
        Word crc = 0;
        for (std::size_t k = 0; k < 8; ++k)
            crc ^= table[15 - k][low >> 8 * k & 255] ^ table[7 - k][high >> 8 * k & 255];
        return crc;
    }

    static Word of(std::string_view bytes, Word so_far) {
        using Fold = CrcFold<Word, polynomial>;
        Word crc = static_cast<Word>(~so_far);
        if (bytes.size() >= Fold::kBytesMin && Fold::is_here()) {
            const auto [low, high] = Fold::take_front(bytes, crc);
            crc = of_16(low, high);
        }
        while (bytes.size() >= 16) {
            std::uint64_t low, high;
            std::memcpy(&low, bytes.data(), 8);
            std::memcpy(&high, bytes.data() + 8, 8);
            crc = of_16(low ^ crc, high);
            bytes.remove_prefix(16);
        }
        for (const char c : bytes)
            crc = table[0][(crc ^ static_cast<unsigned char>(c)) & 255] ^ crc >> 8;
        return static_cast<Word>(~crc);
    }
};

}  // namespace mayfly
