// How many workers a function may have, and how many are kept for it whether or not it is called
// (facts: API 2016-08-15, "Provisioned instances", "on-demand limits"). Plain values.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mayfly {

inline constexpr int kInstancesMax = 100'000;  // of one function, in any setting

// From `at` on the target is this, while `from` <= now < `until`.
struct ScheduledTarget {
    std::string name;
    WallTime from, until;
    WallTime at;  // WallTime::max() of one that comes again: engine/schedules.hpp says when it came
    int target = 0;
    std::string expression;  // "at(2026-11-24T20:00:00Z)" or "cron(0 0 4 * * *)", as it was sent
};

// While `from` <= now < `until` the target follows use: so many workers that a share of
// `utilization` of what they take at once is used.
struct TrackedTarget {
    std::string name;
    WallTime from, until;
    double utilization = 0.6;  // above 0, at most 1
    int least = 0, most = 0;
};

struct ProvisionConfig {
    int target = 0;
    bool always_allocate_cpu = false;  // they are not frozen while they idle
    std::vector<ScheduledTarget> scheduled{};
    std::vector<TrackedTarget> tracked{};
};

struct OnDemandConfig {
    int instances_max = 0;  // beside those that are provisioned
    std::string etag;
};

// All there is of one function and qualifier.
struct Scaling {
    std::optional<OnDemandConfig> on_demand{};
    std::optional<ProvisionConfig> provision{};
};

// The target at `now`, while `used` calls run on the function. Pure.
int target_at(const ProvisionConfig& config, WallTime now, int used, int concurrency);

}  // namespace mayfly
