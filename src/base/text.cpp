#include "base/text.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <utility>

namespace mayfly {

namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr std::array<std::int8_t, 256> base64_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& v : values) v = -1;
    for (int i = 0; i < 64; ++i)
        values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
    return values;
}

// Bytes that percent-encoding leaves as they are.
constexpr std::array<bool, 256> plain_bytes() {
    std::array<bool, 256> plain{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789-_.~"))
        plain[static_cast<unsigned char>(c)] = true;
    return plain;
}
constexpr auto kPlain = plain_bytes();

bool is_plain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), 0u);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t swap = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, swap});
        }
    }
    return row.back();
}

}  // namespace

std::string hex(std::string_view bytes) {
    std::string out(bytes.size() * 2, '\0');
    char* to = out.data();
    for (const char c : bytes) {
        const auto b = static_cast<unsigned char>(c);
        *to++ = kHex[b >> 4];
        *to++ = kHex[b & 15];
    }
    return out;
}

std::optional<std::string> hex_decode(std::string_view text) {
    if (text.size() % 2 != 0) return {};
    std::string out;
    for (; !text.empty(); text.remove_prefix(2)) {
        unsigned char byte = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + 2, byte, 16);
        if (error != std::errc{} || end != text.data() + 2) return {};
        out += static_cast<char>(byte);
    }
    return out;
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= have ? kBase64[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    static constexpr auto values = base64_values();
    std::string out;
    out.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    int have = 0, pads = 0;
    for (const char c : text) {
        if (is_space(c)) continue;
        const int v = values[static_cast<unsigned char>(c)];
        if (c == '=') {
            ++pads;
        } else if (v < 0 || pads) {
            return std::nullopt;
        }
        group = group << 6 | static_cast<std::uint32_t>(c == '=' ? 0 : v);
        if (++have < 4) continue;
        if (pads > 2) return std::nullopt;
        for (int k = 0; k < 3 - pads; ++k) out += static_cast<char>(group >> (16 - 8 * k) & 255);
        group = 0;
        have = 0;
    }
    if (have) return std::nullopt;
    return out;
}

std::string percent_decode(std::string_view text, bool plus_is_space) {
    if (text.find('%') == text.npos && (!plus_is_space || text.find('+') == text.npos))
        return std::string(text);
    std::string out;
    out.reserve(text.size());
    for (;;) {  // what needs no decoding goes at once
        const auto at = plus_is_space ? text.find_first_of("%+") : text.find('%');
        out += text.substr(0, at);
        if (at == text.npos) return out;
        text.remove_prefix(at);
        if (text.size() > 2 && text[0] == '%' && hex_value(text[1]) >= 0 &&
            hex_value(text[2]) >= 0) {
            out += static_cast<char>(hex_value(text[1]) * 16 + hex_value(text[2]));
            text.remove_prefix(3);
        } else {
            out += text[0] == '+' ? ' ' : text[0];
            text.remove_prefix(1);
        }
    }
}

std::string percent_encode(std::string_view text) {
    constexpr char kUpperHex[] = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size() + 8);
    while (!text.empty()) {
        const auto* stop = std::ranges::find_if_not(text, is_plain);
        const auto run = static_cast<std::size_t>(stop - text.begin());
        out += text.substr(0, run);
        if (run == text.size()) break;
        const auto b = static_cast<unsigned char>(text[run]);
        out += {'%', kUpperHex[b >> 4], kUpperHex[b & 15]};
        text.remove_prefix(run + 1);
    }
    return out;
}

bool is_percent_encoded(std::string_view text, std::string_view also_plain) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto upper_hex = [&](char c) { return digit(c) || (c >= 'A' && c <= 'F'); };
    for (std::size_t i = 0; i < text.size(); ++i) {
        while (i < text.size() && is_plain(text[i])) ++i;
        if (i == text.size()) break;
        if (also_plain.find(text[i]) != also_plain.npos) continue;
        if (text[i] != '%' || i + 2 >= text.size() || !upper_hex(text[i + 1]) ||
            !upper_hex(text[i + 2]))
            return false;
        const char stands_for =
            static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
        if (is_plain(stands_for) || also_plain.find(stands_for) != also_plain.npos) return false;
        i += 2;
    }
    return true;
}

std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto i = text.find(at);
        parts.push_back(text.substr(0, i));
        if (i == std::string_view::npos) return parts;
        text.remove_prefix(i + 1);
    }
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), to_lower);
    return out;
}

bool iequals(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

bool is_mail_address(std::string_view text) {
    const auto at = text.find('@');
    if (at == 0 || at == text.npos || at + 1 == text.size() || text.size() > 254) return false;
    return text.find('@', at + 1) == text.npos && std::ranges::all_of(text, [](char c) {
               return c > ' ' && c < 127 &&
                      std::string_view("<>()[],;:\\\"").find(c) == std::string_view::npos;
           });
}

bool is_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto lead = static_cast<unsigned char>(text[i++]);
        if (lead < 0x80) continue;
        const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if (lead < 0xC2 || lead > 0xF4) return false;
        char32_t point = lead & (0x3Fu >> more);
        for (int n = 0; n < more; ++n) {
            if (i == text.size() || (text[i] & 0xC0) != 0x80) return false;
            point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3Fu);
        }
        if (more == 2 && (point < 0x800 || (point >= 0xD800 && point < 0xE000))) return false;
        if (more == 3 && (point < 0x10000 || point > 0x10FFFF)) return false;
    }
    return true;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::int64_t> parse_int(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::string> nearest(std::string_view word,
                                   const std::vector<std::string>& candidates) {
    std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
    std::optional<std::string> found;
    for (const auto& candidate : candidates) {
        const auto distance = edit_distance(word, candidate);
        if (distance < best) {
            best = distance;
            found = candidate;
        }
    }
    return found;
}

}  // namespace mayfly
