#include "meter/rollup.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace mayfly::meter {

Micros billed_time(Micros duration, Micros step) {
    CHECK(step > Micros{0});
    const auto steps = (std::max(duration, Micros{0}) + step - Micros{1}) / step;
    return step * std::max<Micros::rep>(steps, 1);
}

HourKey hour_of(const Entry& entry) {
    const auto hours = std::chrono::floor<std::chrono::hours>(entry.start.time_since_epoch());
    const auto& f = entry.route->function;
    return {f.account, f.service, f.spec.name, hours.count()};
}

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

}  // namespace mayfly::meter
