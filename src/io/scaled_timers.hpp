// A test clock: time that begins where somebody wants and runs so many times as fast as the
// machine's. A day of timers passes in a minute.
#pragma once

#include "base/result.hpp"
#include "io/timers.hpp"

#include <optional>
#include <string_view>

namespace mayfly::io {

struct TimeScale {
    std::optional<WallTime> begins;  // now, if not given
    double factor = 1;               // 0.001 to 100,000
};

// "x1440", "2027-03-28T00:00:00Z", "2027-03-28T00:00:00Z,x60". Pure. invalid: anything else.
Result<TimeScale> parse_time_scale(std::string_view text);

// Loop thread, but for the Clock's own two functions. `real` outlives it. now(), until() and alarms
// run at the same pace as wall().
class ScaledTimers final : public Timers {
public:
    ScaledTimers(Timers& real, const TimeScale& scale)
        : real_(real),
          factor_(scale.factor),
          begun_(real.now()),
          begins_(scale.begins.value_or(real.wall())) {}

    Time now() const override { return begun_ + passed(); }
    WallTime wall() const override { return begins_ + passed(); }
    Task<> until(Time t) override;
    std::unique_ptr<Alarm> alarm(std::function<void()> ring) override;

private:
    class ScaledAlarm;

    Micros passed() const;
    Time real_time(Time t) const;

    Timers& real_;
    const double factor_;
    const Time begun_;
    const WallTime begins_;
};

}  // namespace mayfly::io
