#include "cli/moments.hpp"

#include "base/text.hpp"

#include <string>

namespace mayfly::cli {

using namespace std::chrono;

Result<WallTime> parse_moment(std::string_view text, WallTime now) {
    const auto bad = [&] {
        return fail(Kind::invalid, "'" + std::string(text) +
                                       "' is no time; write 30m, 2h or 1d for so long ago, or "
                                       "2024-05-06T07:08:09Z");
    };
    if (text.size() == 20 && text[4] == '-' && text[7] == '-' && text[10] == 'T' &&
        text[13] == ':' && text[16] == ':' && text[19] == 'Z') {
        int n[6];
        constexpr int at[6][2] = {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}};
        for (std::size_t i = 0; i < 6; ++i) {
            const auto part = parse_int(text.substr(static_cast<std::size_t>(at[i][0]),
                                                    static_cast<std::size_t>(at[i][1])));
            if (!part || *part < 0) return bad();
            n[i] = static_cast<int>(*part);
        }
        const year_month_day date(year(n[0]), month(static_cast<unsigned>(n[1])),
                                  day(static_cast<unsigned>(n[2])));
        if (!date.ok() || n[3] > 23 || n[4] > 59 || n[5] > 59) return bad();
        return WallTime(sys_days(date) + hours(n[3]) + minutes(n[4]) + seconds(n[5]));
    }
    if (text.size() < 2) return bad();
    const auto count = parse_int(text.substr(0, text.size() - 1));
    if (!count || *count < 0 || *count > 1'000'000) return bad();
    switch (text.back()) {
        case 's': return now - seconds(*count);
        case 'm': return now - minutes(*count);
        case 'h': return now - hours(*count);
        case 'd': return now - days(*count);
    }
    return bad();
}

}  // namespace mayfly::cli
