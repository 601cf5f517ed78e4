#include "base/text.hpp"
#include "cron/schedule.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <exception>

namespace mayfly::cron {

namespace {

constexpr std::string_view kZone = "CRON_TZ=";
constexpr std::string_view kEvery = "@every ";
constexpr std::size_t kBytesMax = 256;

struct Field {
    std::string_view name;
    int least, most;
    std::string_view names;  // three letters each, from `least` on; may be empty
};
constexpr std::array<Field, 6> kFields = {{
    {"seconds", 0, 59, ""},
    {"minutes", 0, 59, ""},
    {"hours", 0, 23, ""},
    {"day of the month", 1, 31, ""},
    {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"},
    {"day of the week", 0, 6, "SUNMONTUEWEDTHUFRISAT"},
}};

struct Range {
    int from, to, step;
    bool any;  // it is a bare star
};

}  // namespace

struct Parser {
    std::string_view text;  // the whole, which views below are parts of

    Failure refuse(std::string_view part, std::string what) const {
        return fail(Kind::invalid,
                    fmt::format("cron expression '{}', at character {}: {}", text,
                                part.data() - text.data() + 1, what),
                    "InvalidArgument");
    }

    Result<int> number(std::string_view word, const Field& field) const {
        for (int n = field.least; !field.names.empty() && word.size() == 3 && n <= field.most; ++n)
            if (iequals(word, field.names.substr(static_cast<std::size_t>(n - field.least) * 3, 3)))
                return n;
        const auto n = parse_int(word);
        if (n && *n >= field.least && *n <= field.most) return static_cast<int>(*n);
        return refuse(word, fmt::format("'{}' is no {}; that is a number from {} to {}{}", word,
                                        field.name, field.least, field.most,
                                        field.names.empty() ? ""
                                        : field.most == 12  ? " or JAN to DEC"
                                                            : ", 0 being Sunday, or SUN to SAT"));
    }

    Result<Range> range(std::string_view part, const Field& field) const {
        const auto slash = part.find('/');
        const auto span = part.substr(0, slash);
        Range range{.from = field.least, .to = field.most, .step = 1, .any = false};
        const bool star = span == "*" || span == "?";
        if (!star) {
            const auto dash = span.find('-');
            TRY(range.from, number(span.substr(0, dash), field));
            if (dash != span.npos) {
                TRY(range.to, number(span.substr(dash + 1), field));
                if (range.to < range.from)
                    return refuse(span, fmt::format("the range '{}' ends before it begins", span));
            } else if (slash == part.npos) {
                range.to = range.from;
            }
        }
        if (slash != part.npos) {
            const auto word = part.substr(slash + 1);
            const auto step = parse_int(word);
            if (!step || *step < 1 || *step > field.most)
                return refuse(word, fmt::format("the step '{}' must be a number from 1 to {}", word,
                                                field.most));
            range.step = static_cast<int>(*step);
        }
        range.any = star && range.step == 1;
        return range;
    }

    // Sets what the field names; says whether it is a star.
    template <std::size_t size>
    Result<bool> read(std::string_view part, const Field& field, std::bitset<size>& into) const {
        bool any = false;
        for (const auto piece : split(part, ',')) {
            TRY(const auto found, range(piece, field));
            any |= found.any;
            for (int n = found.from; n <= found.to; n += found.step)
                into.set(static_cast<std::size_t>(n));
        }
        return any;
    }

    Result<Schedule> every(std::string_view rest) const {
        Schedule schedule;
        const auto whole = rest;
        std::int64_t total = 0;
        while (!rest.empty()) {
            const auto digits = rest.find_first_not_of("0123456789");
            const auto n = parse_int(rest.substr(0, digits));
            const char unit = digits == rest.npos ? ' ' : rest[digits];
            const int seconds = unit == 'h' ? 3600 : unit == 'm' ? 60 : unit == 's' ? 1 : 0;
            if (!n || *n < 0 || *n > 1'000'000 || seconds == 0)
                return refuse(rest, "an interval is like 30s, 5m, 1h or 1h30m");
            total += *n * seconds;
            rest.remove_prefix(digits + 1);
        }
        if (total < 1 || total > 366LL * 86'400)
            return refuse(whole, "an interval is from 1s to a year");
        schedule.every_ = Seconds(total);
        return schedule;
    }

    Result<const date::time_zone*> zone(std::string_view name) const {
        try {
            return date::locate_zone(std::string(name));
        } catch (const std::exception&) {
            return refuse(name, fmt::format("'{}' is no time zone of this machine, such as UTC or "
                                            "Asia/Shanghai (see timedatectl list-timezones)",
                                            name));
        }
    }

    Result<Schedule> parse() const {
        if (text.size() > kBytesMax)
            return fail(Kind::invalid,
                        fmt::format("a cron expression has {} characters at most", kBytesMax),
                        "InvalidArgument");
        auto rest = text;
        Schedule schedule;
        if (rest.starts_with(kEvery)) return every(trim(rest.substr(kEvery.size())));
        if (rest.starts_with(kZone) || rest.starts_with("TZ=")) {
            rest.remove_prefix(rest.find('=') + 1);
            const auto name = rest.substr(0, rest.find(' '));
            TRY(schedule.zone_, zone(name));
            rest.remove_prefix(name.size());
        }
        std::vector<std::string_view> parts;
        for (const auto part : split(rest, ' '))
            if (!part.empty()) parts.push_back(part);
        if (parts.size() != kFields.size())
            return refuse(rest, fmt::format("it has {} fields; there are six: seconds minutes "
                                            "hours day-of-month month day-of-week, such as "
                                            "'0 0 4 * * *'; or '@every 5m'",
                                            parts.size()));
        TRYV(read(parts[0], kFields[0], schedule.seconds_));
        TRYV(read(parts[1], kFields[1], schedule.minutes_));
        TRY(schedule.any_hour_, read(parts[2], kFields[2], schedule.hours_));
        TRY(schedule.any_day_, read(parts[3], kFields[3], schedule.days_));
        TRYV(read(parts[4], kFields[4], schedule.months_));
        TRY(schedule.any_weekday_, read(parts[5], kFields[5], schedule.weekdays_));
        if (!schedule.next(WallTime(Seconds(1'700'000'000)), {}))
            return refuse(parts[3], "there is no such day: it would never fire");
        return schedule;
    }
};

Result<Schedule> Schedule::parse(std::string_view text) { return Parser{trim(text)}.parse(); }

}  // namespace mayfly::cron
