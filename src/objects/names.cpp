#include "objects/names.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::objects {

namespace {

bool is_plain(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_ip(std::string_view name) {
    const auto parts = split(name, '.');
    return parts.size() == 4 && std::ranges::all_of(parts, [](std::string_view part) {
               return !part.empty() && part.size() <= 3 &&
                      std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
           });
}

}  // namespace

Result<void> check_bucket_name(std::string_view name) {
    const bool good =
        name.size() >= 3 && name.size() <= 63 && is_plain(name.front()) && is_plain(name.back()) &&
        name.find("..") == name.npos && !is_ip(name) &&
        std::ranges::all_of(name, [](char c) { return is_plain(c) || c == '-' || c == '.'; });
    if (good) return {};
    return fail(
        Kind::invalid,
        fmt::format("'{}' cannot name a bucket: 3 to 63 of a-z, 0-9, '-' and '.', beginning "
                    "and ending with a letter or digit",
                    is_utf8(name) ? name.substr(0, 100) : "?"),
        "InvalidBucketName");
}

Result<void> check_key(std::string_view key) {
    if (key.size() > key_bytes_max)
        return fail(Kind::invalid,
                    fmt::format("the key has {} bytes; it may have {}", key.size(), key_bytes_max),
                    "KeyTooLongError");
    if (!key.empty() && key.find('\0') == key.npos && is_utf8(key)) return {};
    return fail(Kind::invalid, "a key is 1 to 1,024 bytes of UTF-8 without NUL",
                "InvalidObjectName");
}

}  // namespace mayfly::objects
