#include "base/clock.hpp"

#include <fmt/chrono.h>

namespace mayfly {

Time SystemClock::now() const {
    return Time{
        std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch())};
}

WallTime SystemClock::wall() const {
    return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

std::string iso8601(WallTime t) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(t)));
}

std::string iso8601_millis(WallTime t) {
    const auto ms = std::chrono::duration_cast<Millis>(t.time_since_epoch()).count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(t)), ms);
}

std::optional<WallTime> parse_iso8601(std::string_view text) {
    // "2020-04-01T08:14:58.007Z"
    constexpr std::size_t kSeconds = 19, kMicros = 6;
    if (text.size() <= kSeconds || text.back() != 'Z') return std::nullopt;
    const auto field = [&](std::size_t from, std::size_t length, char before) -> int {
        const auto digits = text.substr(from, length);
        if (digits.find_first_not_of("0123456789") != digits.npos) return -1;
        if (before && text[from - 1] != before) return -1;
        int n = 0;
        for (const char c : digits) n = n * 10 + (c - '0');
        return n;
    };
    const int year = field(0, 4, 0), month = field(5, 2, '-'), day = field(8, 2, '-');
    const int hour = field(11, 2, 'T'), minute = field(14, 2, ':'), second = field(17, 2, ':');
    const std::chrono::year_month_day date{std::chrono::year(year),
                                           std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (year < 0 || month < 0 || day < 0 || !date.ok() || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 59)
        return std::nullopt;
    auto fraction = text.substr(kSeconds, text.size() - kSeconds - 1);
    std::string micros;
    if (!fraction.empty()) {
        if (fraction.front() != '.' || fraction.size() < 2 || fraction.size() > 10)
            return std::nullopt;
        micros = fraction.substr(1);
        if (micros.find_first_not_of("0123456789") != micros.npos) return std::nullopt;
    }
    micros.resize(kMicros, '0');
    return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(hour) +
                    std::chrono::minutes(minute) + Seconds(second) + Micros(std::stoi(micros)));
}

}  // namespace mayfly
