#include "objects/lifecycle.hpp"

#include <algorithm>

namespace mayfly::objects {

namespace {

using Days = std::chrono::days;

bool is_over(WallTime begun, int days, WallTime now) {
    return std::chrono::ceil<Days>(begun + Days{days}) <= now;
}

}  // namespace

bool is_expired(const std::vector<LifecycleRule>& rules, std::string_view key, WallTime stored,
                WallTime now) {
    return std::ranges::any_of(rules, [&](const LifecycleRule& rule) {
        if (!key.starts_with(rule.prefix)) return false;
        return (rule.days && is_over(stored, *rule.days, now)) ||
               (rule.before && stored < *rule.before);
    });
}

bool is_abandoned(const std::vector<LifecycleRule>& rules, std::string_view key, WallTime started,
                  WallTime now) {
    return std::ranges::any_of(rules, [&](const LifecycleRule& rule) {
        return key.starts_with(rule.prefix) && rule.upload_days &&
               is_over(started, *rule.upload_days, now);
    });
}

}  // namespace mayfly::objects
