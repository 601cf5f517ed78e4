// When a timer fires: Function Compute's cron dialect. Pure, but for the time zones, which are the
// machine's (tzdata).
//
//   "0 0 4 * * *"                        seconds minutes hours day-of-month month day-of-week; UTC
//   "CRON_TZ=Asia/Shanghai 0 0 4 * * *"  in a zone
//   "@every 5m"                          from `created` on, each 5 minutes (h, m, s)
//
// A field is `*` or `?`, a number, a name (JAN, MON), a range a-b, each with /step, or several of
// them with commas; N/step is from N to the end. Days of the week are 0 to 6, 0 is Sunday. With
// both days limited, either is enough.
//
// Where clocks are set forward, a time of day that does not come is taken at the moment of the
// change; where they are set back, one that comes twice is taken the first time. A schedule with
// `*` for its hours follows the clock of the world instead: nothing is moved, and both hours count.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

namespace date {
class time_zone;
}

namespace mayfly::cron {

class Schedule {
public:
    // invalid (InvalidArgument): the sentence names the field, the place and what is allowed; also
    // for one that would never fire.
    static Result<Schedule> parse(std::string_view text);

    // The first moment after `after`; nothing if there is none within ten years. Whole seconds.
    // `created`: where @every begins.
    std::optional<WallTime> next(WallTime after, WallTime created) const;

    // The newest moment at or before `until`; nothing if there is none in the year before it.
    std::optional<WallTime> last(WallTime until, WallTime created) const;

private:
    friend struct Parser;
    using Local = std::chrono::sys_seconds;  // what a clock on the wall of the zone shows

    Schedule() = default;
    std::optional<Local> next_local(Local after) const;
    bool day_fits(std::chrono::year_month_day day) const;
    std::optional<WallTime> next_in_zone(WallTime after) const;

    Seconds every_{0};  // not 0: the rest is not used
    std::bitset<60> seconds_, minutes_;
    std::bitset<24> hours_;
    std::bitset<32> days_;
    std::bitset<13> months_;
    std::bitset<7> weekdays_;
    bool any_day_ = false, any_weekday_ = false, any_hour_ = false;
    const date::time_zone* zone_ = nullptr;  // null: UTC
};

}  // namespace mayfly::cron
