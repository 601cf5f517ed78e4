// What expires, and when. Pure.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::objects {

// One rule of a bucket. As with S3, a number of days ends at the midnight (UTC) that follows it.
struct LifecycleRule {
    std::string prefix;
    std::optional<int> days;         // an object expires so long after it was stored
    std::optional<WallTime> before;  // objects stored before that moment expire
    std::optional<int> upload_days;  // an upload that was not completed is aborted
};

// Whether the object, or its upload, is over by one of the rules.
bool is_expired(const std::vector<LifecycleRule>& rules, std::string_view key, WallTime stored,
                WallTime now);
bool is_abandoned(const std::vector<LifecycleRule>& rules, std::string_view key, WallTime started,
                  WallTime now);

}  // namespace mayfly::objects
