// Times as people write them on the command line. Pure.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <string_view>

namespace mayfly::cli {

// "90s", "30m", "2h", "1d": that long before `now`; or "2024-05-06T07:08:09Z". invalid: neither.
Result<WallTime> parse_moment(std::string_view text, WallTime now);

}  // namespace mayfly::cli
