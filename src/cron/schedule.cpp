#include "cron/schedule.hpp"

#include <date/tz.h>

#include <algorithm>

namespace mayfly::cron {

using namespace std::chrono;

namespace {

constexpr int kYearsMost = 10;

int year_of(sys_seconds t) { return static_cast<int>(year_month_day(floor<days>(t)).year()); }

}  // namespace

bool Schedule::day_fits(year_month_day day) const {
    const bool by_day = days_[static_cast<unsigned>(day.day())];
    const bool by_week = weekdays_[weekday(sys_days(day)).c_encoding()];
    if (any_day_ || any_weekday_) return by_day && by_week;
    return by_day || by_week;
}

// Goes from the largest unit that does not fit to the next smaller one.
std::optional<Schedule::Local> Schedule::next_local(Local after) const {
    auto t = after + 1s;
    const int last = year_of(t) + kYearsMost;
    while (year_of(t) <= last) {
        const auto midnight = floor<days>(t);
        const year_month_day day(midnight);
        if (!months_[static_cast<unsigned>(day.month())]) {
            t = sys_days((day.year() / day.month() / 1) + months(1));
            continue;
        }
        if (!day_fits(day)) {
            t = midnight + days(1);
            continue;
        }
        const hh_mm_ss time(t - midnight);
        if (!hours_[static_cast<std::size_t>(time.hours().count())]) {
            t = midnight + time.hours() + 1h;
            continue;
        }
        if (!minutes_[static_cast<std::size_t>(time.minutes().count())]) {
            t = midnight + time.hours() + time.minutes() + 1min;
            continue;
        }
        if (seconds_[static_cast<std::size_t>(time.seconds().count())]) return t;
        t += 1s;
    }
    return std::nullopt;
}

// From one stretch of a constant offset to the next.
std::optional<WallTime> Schedule::next_in_zone(WallTime after) const {
    const auto give_up = after + years(kYearsMost);
    auto from = floor<seconds>(after);
    while (from < give_up) {
        const auto here = zone_->get_info(from);
        const auto shown = next_local(from + here.offset);
        if (!shown) return std::nullopt;
        auto candidate = *shown - here.offset;
        if (candidate < here.end) {
            if (any_hour_) return candidate;
            // Set back at here.begin: what its clock shows now, it may have shown before.
            const auto before = zone_->get_info(here.begin - 1s);
            if (*shown >= here.begin + before.offset) return candidate;
            from = candidate;
            continue;
        }
        // Set forward at here.end: what is skipped of the clock's face is taken there.
        const auto then = zone_->get_info(here.end);
        if (!any_hour_ && *shown < here.end + then.offset) return here.end;
        from = here.end - 1s;
        const auto first = next_local(from + then.offset);
        if (!first) return std::nullopt;
        candidate = *first - then.offset;
        if (candidate == here.end && (any_hour_ || *first >= here.end + here.offset))
            return candidate;
        from = here.end;
    }
    return std::nullopt;
}

std::optional<WallTime> Schedule::next(WallTime after, WallTime created) const {
    if (every_ > 0s) {
        const auto begin = floor<seconds>(created);
        if (after < begin) return begin + every_;
        return begin + ((after - begin) / every_ + 1) * every_;
    }
    if (zone_) return next_in_zone(after);
    return next_local(floor<seconds>(after));
}

// Looks back further and further; in the first stretch that has one, from one to the next.
std::optional<WallTime> Schedule::last(WallTime until, WallTime created) const {
    for (const Seconds back : {Seconds{1min}, Seconds{1h}, Seconds{days(1)}, Seconds{days(8)},
                               Seconds{days(32)}, Seconds{days(366)}}) {
        auto found = next(until - back - 1s, created);
        if (!found || *found > until) continue;
        for (auto later = found; later && *later <= until; later = next(*found, created))
            found = later;
        return found;
    }
    return std::nullopt;
}

}  // namespace mayfly::cron
