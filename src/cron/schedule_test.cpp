#include "cron/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cron {
namespace {

using testing::HasSubstr;
using namespace std::chrono;

WallTime at(int y, unsigned m, unsigned d, int h = 0, int min = 0, int s = 0) {
    return sys_days(year(y) / month(m) / day(d)) + hours(h) + minutes(min) + seconds(s);
}

// The moments after `from`, as "MM-DD HH:MM:SS" in UTC.
std::vector<std::string> moments(std::string_view text, WallTime from, int count) {
    const auto schedule = Schedule::parse(text);
    EXPECT_TRUE(schedule) << (schedule ? "" : schedule.error().what);
    std::vector<std::string> all;
    for (auto t = from; count > 0; --count) {
        const auto next = schedule->next(t, from);
        if (!next) break;
        t = *next;
        all.push_back(iso8601(t).substr(5, 14));
        all.back()[5] = ' ';
    }
    return all;
}
using All = std::vector<std::string>;

TEST(Schedule, FieldsAreSecondsFirst) {
    EXPECT_EQ(moments("0 0 4 * * *", at(2024, 1, 1, 4), 2),
              (All{"01-02 04:00:00", "01-03 04:00:00"}));
    EXPECT_EQ(moments("*/20 59 23 31 12 ?", at(2024, 1, 1), 3),
              (All{"12-31 23:59:00", "12-31 23:59:20", "12-31 23:59:40"}));
    EXPECT_EQ(moments("5,7-9 0 0 1 JAN *", at(2024, 1, 1), 4),
              (All{"01-01 00:00:05", "01-01 00:00:07", "01-01 00:00:08", "01-01 00:00:09"}));
    EXPECT_EQ(moments("50/5 0 0 1 1 *", at(2024, 1, 1), 2),
              (All{"01-01 00:00:50", "01-01 00:00:55"}));
}

TEST(Schedule, WithBothDaysLimitedEitherIsEnough) {
    EXPECT_EQ(moments("0 0 0 13 * FRI", at(2024, 9, 1), 4),
              (All{"09-06 00:00:00", "09-13 00:00:00", "09-20 00:00:00", "09-27 00:00:00"}));
    EXPECT_EQ(moments("0 0 0 * * MON-TUE", at(2024, 9, 1), 3),
              (All{"09-02 00:00:00", "09-03 00:00:00", "09-09 00:00:00"}));
    EXPECT_EQ(moments("0 0 0 29 2 *", at(2024, 3, 1), 1), (All{"02-29 00:00:00"}));
}

TEST(Schedule, IntervalsBeginWhenTheTimerWasMade) {
    const auto made = at(2024, 1, 1, 0, 0, 7);
    const auto schedule = Schedule::parse("@every 1h30m").value();
    EXPECT_EQ(schedule.next(made, made), made + minutes(90));
    EXPECT_EQ(schedule.next(made + minutes(90), made), made + minutes(180));
    EXPECT_EQ(schedule.next(made - hours(9), made), made + minutes(90));
}

TEST(Schedule, AZoneHasItsOwnClock) {
    EXPECT_EQ(moments("CRON_TZ=Asia/Shanghai 0 0 4 * * *", at(2024, 1, 1), 2),
              (All{"01-01 20:00:00", "01-02 20:00:00"}));
    EXPECT_EQ(moments("CRON_TZ=America/New_York 0 0 12 * * *", at(2024, 3, 9), 2),
              (All{"03-09 17:00:00", "03-10 16:00:00"}));
}

// Berlin: 2024-03-31 02:00 becomes 03:00; 2024-10-27 03:00 becomes 02:00.
TEST(Schedule, ATimeThatIsSkippedIsTakenAtTheChange) {
    EXPECT_EQ(moments("CRON_TZ=Europe/Berlin 0 30 2 * * *", at(2024, 3, 30), 3),
              (All{"03-30 01:30:00", "03-31 01:00:00", "04-01 00:30:00"}));
    EXPECT_EQ(moments("CRON_TZ=Europe/Berlin 0 0,30 2-3 * * *", at(2024, 3, 31), 3),
              (All{"03-31 01:00:00", "03-31 01:30:00", "04-01 00:00:00"}));
    EXPECT_EQ(moments("CRON_TZ=Europe/Berlin 0 30 * * * *", at(2024, 3, 31, 0, 0), 3),
              (All{"03-31 00:30:00", "03-31 01:30:00", "03-31 02:30:00"}));
}

TEST(Schedule, ATimeThatComesTwiceIsTakenTheFirstTime) {
    EXPECT_EQ(moments("CRON_TZ=Europe/Berlin 0 30 2 * * *", at(2024, 10, 26, 12), 2),
              (All{"10-27 00:30:00", "10-28 01:30:00"}));
    EXPECT_EQ(moments("CRON_TZ=Europe/Berlin 0 0 2,3 * * *", at(2024, 10, 26, 12), 3),
              (All{"10-27 00:00:00", "10-27 02:00:00", "10-28 01:00:00"}));
    EXPECT_EQ(moments("CRON_TZ=Europe/Berlin 0 30 * * * *", at(2024, 10, 27, 0), 3),
              (All{"10-27 00:30:00", "10-27 01:30:00", "10-27 02:30:00"}));
}

TEST(Schedule, WhatIsWrongIsNamedWithItsPlace) {
    const auto refusal = [](std::string_view text) {
        const auto parsed = Schedule::parse(text);
        return parsed ? std::string() : parsed.error().what;
    };
    EXPECT_THAT(refusal("0 0 25 * * *"), HasSubstr("at character 5: '25' is no hours"));
    EXPECT_THAT(refusal("0 0 4 * *"), HasSubstr("it has 5 fields; there are six"));
    EXPECT_THAT(refusal("0 0 4 * FOO *"), HasSubstr("'FOO' is no month"));
    EXPECT_THAT(refusal("0 0 4 * * 7"), HasSubstr("0 being Sunday"));
    EXPECT_THAT(refusal("0 5-2 4 * * *"), HasSubstr("ends before it begins"));
    EXPECT_THAT(refusal("0 */0 4 * * *"), HasSubstr("the step '0'"));
    EXPECT_THAT(refusal("0 0 0 30 2 *"), HasSubstr("never fire"));
    EXPECT_THAT(refusal("CRON_TZ=Mars/Base 0 0 0 * * *"), HasSubstr("'Mars/Base' is no time zone"));
    EXPECT_THAT(refusal("@every 5x"), HasSubstr("1h30m"));
    EXPECT_THAT(refusal("@every 0s"), HasSubstr("from 1s"));
    for (const auto* bad : {"", "*", "@daily", "0 0 0 1, * *", "0 0 0 -1 * *", "0 0 0 1-/2 * *",
                            "@every ", "@every 99999999999999999999h", "CRON_TZ="})
        EXPECT_NE(refusal(bad), "") << bad;
    EXPECT_NE(refusal(std::string(300, '*')), "");
}

}  // namespace
}  // namespace mayfly::cron
