#include "auth/http_date.hpp"

#include <array>

namespace mayfly::auth {

namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};

// `size` digits at `at`, or -1.
int digits(std::string_view text, std::size_t at, std::size_t size) {
    int n = 0;
    for (const char c : text.substr(at, size)) {
        if (c < '0' || c > '9') return -1;
        n = n * 10 + (c - '0');
    }
    return n;
}

std::optional<WallTime> moment(int year, unsigned month, int day, std::string_view hms) {
    using namespace std::chrono;
    if (hms[2] != ':' || hms[5] != ':') return {};
    const int h = digits(hms, 0, 2), m = digits(hms, 3, 2), s = digits(hms, 6, 2);
    const year_month_day date{std::chrono::year(year), std::chrono::month(month),
                              std::chrono::day(static_cast<unsigned>(day))};
    if (year < 0 || day < 0 || !date.ok() || h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 60)
        return {};
    return WallTime(sys_days(date) + hours(h) + minutes(m) + Seconds(s));
}

unsigned month_number(std::string_view name) {
    for (unsigned i = 0; i < months.size(); ++i)
        if (months[i] == name) return i + 1;
    return 0;
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
    if (text.size() == 29 && text.substr(3, 2) == ", " && text.ends_with(" GMT"))
        return moment(digits(text, 12, 4), month_number(text.substr(8, 3)), digits(text, 5, 2),
                      text.substr(17, 8));
    if (text.size() == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
        text[19] == 'Z') {
        const int month = digits(text, 5, 2);
        return moment(digits(text, 0, 4), month < 0 ? 0 : static_cast<unsigned>(month),
                      digits(text, 8, 2), text.substr(11, 8));
    }
    return {};
}

std::string http_date(WallTime t) {
    using namespace std::chrono;
    const auto day = floor<days>(t);
    const year_month_day date(day);
    const hh_mm_ss time(floor<Seconds>(t - day));
    // By hand: it stands in every answer that has an object.
    std::string out = "Day, 00 Mon 0000 00:00:00 GMT";
    const auto put = [&](std::size_t at, long number) {
        for (std::size_t digits = at == 12 ? 4 : 2; digits-- > 0; number /= 10)
            out[at + digits] = static_cast<char>('0' + number % 10);
    };
    out.replace(0, 3, weekdays[weekday(day).c_encoding()]);
    put(5, static_cast<unsigned>(date.day()));
    out.replace(8, 3, months[static_cast<unsigned>(date.month()) - 1]);
    put(12, static_cast<int>(date.year()));
    put(17, time.hours().count());
    put(20, time.minutes().count());
    put(23, time.seconds().count());
    return out;
}

}  // namespace mayfly::auth
