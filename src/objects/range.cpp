#include "objects/range.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::objects {

namespace {

// Digits only; beyond 18 of them the exact number no longer matters.
std::optional<std::uint64_t> number(std::string_view text) {
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
    if (text.size() > 18) return 999'999'999'999'999'999ull;
    return static_cast<std::uint64_t>(*parse_int(text));
}

}  // namespace

Result<std::optional<Range>> read_range(std::string_view header, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    if (!header.starts_with(unit)) return std::nullopt;
    const auto range = trim(header.substr(unit.size()));
    const auto dash = range.find('-');
    if (dash == range.npos) return std::nullopt;
    const auto first = trim(range.substr(0, dash)), last = trim(range.substr(dash + 1));
    const auto a = number(first), b = number(last);
    const auto beyond = [&] {
        return fail(Kind::invalid,
                    fmt::format("the range '{}' lies beyond the object's {} bytes", header, size),
                    "InvalidRange");
    };
    if (first.empty()) {  // the last b bytes
        if (!b) return std::nullopt;
        if (*b == 0 || size == 0) return beyond();
        const auto count = std::min(*b, size);
        return Range{size - count, count};
    }
    if (!a || (!last.empty() && (!b || *b < *a))) return std::nullopt;
    if (*a >= size) return beyond();
    const auto end = last.empty() ? size : std::min(*b + 1, size);
    return Range{*a, end - *a};
}

}  // namespace mayfly::objects
