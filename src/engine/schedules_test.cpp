#include "engine/schedules.hpp"

#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

WallTime moment(const char* text) { return parse_iso8601(text).value(); }

ScheduledTarget action(const char* expression, int target) {
    return {.from = WallTime::min(),
            .until = WallTime::max(),
            .at = WallTime::max(),
            .target = target,
            .expression = expression};
}

int target(const ProvisionConfig& config, const char* now) {
    return target_at(at_moments(config, moment(now)), moment(now), 0, 1);
}

TEST(Schedules, ATargetHoldsFromItsHourToTheNextOnes) {
    const ProvisionConfig config{
        .target = 1,
        .scheduled = {action("cron(0 0 8 * * *)", 10), action("cron(0 0 20 * * *)", 2)}};
    EXPECT_EQ(target(config, "2026-11-24T08:00:00Z"), 10);
    EXPECT_EQ(target(config, "2026-11-24T19:59:59Z"), 10);
    EXPECT_EQ(target(config, "2026-11-24T20:00:00Z"), 2);
    EXPECT_EQ(target(config, "2026-11-25T07:59:59Z"), 2);
    EXPECT_EQ(target(config, "2026-11-25T08:00:01Z"), 10);
}

TEST(Schedules, ZonesWeekdaysAndSecondsCount) {
    const ProvisionConfig zone{.scheduled = {action("cron(CRON_TZ=Asia/Shanghai 0 0 8 * * *)", 3)}};
    EXPECT_EQ(target_at(at_moments(zone, moment("2026-11-24T00:00:00Z")),
                        moment("2026-11-24T00:00:00Z"), 0, 1),
              3);
    const ProvisionConfig week{.scheduled = {action("cron(0 0 0 * * MON)", 5)}};
    EXPECT_EQ(at_moments(week, moment("2026-11-25T12:00:00Z")).scheduled[0].at,
              moment("2026-11-23T00:00:00Z"));
    const ProvisionConfig often{.scheduled = {action("cron(*/7 * * * * *)", 5)}};
    EXPECT_EQ(at_moments(often, moment("2026-11-25T12:00:55Z")).scheduled[0].at,
              moment("2026-11-25T12:00:49Z"));
}

TEST(Schedules, WhatCameBeforeItsOwnTimeDoesNotCount) {
    auto late = action("cron(0 0 8 * * *)", 10);
    late.from = moment("2026-11-24T09:00:00Z");
    late.until = moment("2026-11-26T00:00:00Z");
    const ProvisionConfig config{.target = 1, .scheduled = {late}};
    EXPECT_EQ(target(config, "2026-11-24T12:00:00Z"), 1);
    EXPECT_EQ(target(config, "2026-11-25T12:00:00Z"), 10);
    EXPECT_EQ(target(config, "2026-11-26T12:00:00Z"), 1);
}

TEST(Schedules, OneThatComesOnceAYearIsFoundAndOnceInFourNot) {
    const ProvisionConfig year{.scheduled = {action("cron(0 0 0 1 JAN *)", 4)}};
    EXPECT_EQ(target(year, "2026-12-31T23:59:59Z"), 4);
    const ProvisionConfig leap{.target = 1, .scheduled = {action("cron(0 0 0 29 FEB *)", 4)}};
    EXPECT_EQ(target(leap, "2026-12-31T23:59:59Z"), 1);
}

TEST(Schedules, FixedMomentsStayAsTheyAre) {
    auto fixed = action("at(2026-11-24T20:00:00Z)", 6);
    fixed.at = moment("2026-11-24T20:00:00Z");
    EXPECT_EQ(target({.target = 1, .scheduled = {fixed}}, "2026-11-24T20:00:00Z"), 6);
}

}  // namespace
}  // namespace mayfly::engine
