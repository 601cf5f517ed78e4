#include "meter/rollup.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace mayfly::meter {

Micros billed_time(Micros duration, Micros step) {
    CHECK(step > Micros{0});
    const auto steps = (std::max(duration, Micros{0}) + step - Micros{1}) / step;
    return step * std::max<Micros::rep>(steps, 1);
}

namespace {

std::int64_t hour_of(WallTime time) {
    return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

HourKey key_of(const Revision& revision, std::int64_t hour) {
    const auto& f = revision.function;
    return {f.account, f.service, f.spec.name, hour};
}

}  // namespace

HourKey hour_of(const Entry& entry) { return key_of(*entry.route, hour_of(entry.start)); }

int month_of(WallTime time) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
    return static_cast<int>(date.year()) * 12 + static_cast<int>(unsigned{date.month()}) - 1;
}

int month_of(std::int64_t hour) { return month_of(WallTime(std::chrono::hours(hour))); }

Sum& Sum::operator+=(const Sum& other) {
    invocations += other.invocations;
    errors += other.errors;
    cold += other.cold;
    billed_us += other.billed_us;
    mb_us += other.mb_us;
    run_us += other.run_us;
    run_mb_us += other.run_mb_us;
    return *this;
}

Sum sum_of(const Entry& entry) {
    const auto memory_mb = entry.route->function.spec.memory_mb;
    const auto run = billed_time(entry.duration, Millis{1}).count();
    return {.invocations = entry.is_call,
            .errors = entry.is_call && entry.outcome != Outcome::ok,
            .cold = entry.is_call && entry.how == Start::cold,
            .billed_us = entry.billed.count(),
            .mb_us = entry.billed.count() * memory_mb,
            .run_us = run,
            .run_mb_us = run * memory_mb};
}

// Most are of few functions, so names are compared once for each of those.
HourSums sums_of(const std::vector<Entry>& entries) {
    std::map<std::pair<const Revision*, std::int64_t>, Sum> by_revision;
    for (const auto& entry : entries)
        by_revision[{entry.route.get(), hour_of(entry.start)}] += sum_of(entry);
    HourSums sums;
    for (const auto& [of, sum] : by_revision) sums[key_of(*of.first, of.second)] += sum;
    return sums;
}

}  // namespace mayfly::meter
