// The Range header of RFC 9110, §14, for one range of bytes. Pure.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mayfly::objects {

struct Range {
    std::uint64_t from = 0, count = 0;
    bool operator==(const Range&) const = default;
};

// What a header asks of `size` bytes: "bytes=a-b", "a-", "-n". Nothing for the whole: no header,
// one that is not understood, or several ranges, which a server may answer with the whole. invalid
// (InvalidRange): it begins beyond the end.
Result<std::optional<Range>> read_range(std::string_view header, std::uint64_t size);

}  // namespace mayfly::objects
