#include "cli/bench_tally.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

using testing::HasSubstr;
using testing::Not;
using Part = Tally::Part;

const Due calm{.at = Seconds{0}}, first{.at = Seconds{1}, .in_burst = true},
    settled{.at = Seconds{2}, .in_burst = true, .settled = true};

Profile profile() { return Profile::of(1, parse_burst("5x2s").value(), {}, {}).value(); }

Tally some() {
    Tally tally;
    for (const auto& [call, ms] : {std::pair{calm, 1}, {calm, 3}, {first, 90}, {settled, 2}}) {
        tally.due(call, Micros{0});
        tally.ended(call, call.at + Millis{ms}, Millis{ms}, Ended::ok, ms == 90, "");
    }
    return tally;
}

TEST(BenchTally, TheFirstSecondOfABurstCountsApart) {
    const auto tally = some();
    EXPECT_EQ(tally.latency(Part::all).calls, 4u);
    EXPECT_EQ(tally.latency(Part::all).max, 90);
    EXPECT_EQ(tally.latency(Part::calm).max, 3);
    EXPECT_EQ(tally.latency(Part::burst).max, 90);
    EXPECT_EQ(tally.latency(Part::settled).max, 2);
    EXPECT_EQ(tally.cold(), 1);
}

TEST(BenchTally, WhatFailedIsCountedAndItsFirstReasonKeptButItHasNoLatency) {
    auto tally = some();
    for (const auto* why : {"house full", "later"}) {
        tally.due(calm, Micros{0});
        tally.ended(calm, Seconds{9}, Seconds{9}, Ended::throttled, false, why);
    }
    EXPECT_EQ(tally.sent(), 6);
    EXPECT_EQ(tally.count(Ended::throttled), 2);
    EXPECT_EQ(tally.why(Ended::throttled), "house full");
    EXPECT_EQ(tally.latency(Part::all).max, 90);
    EXPECT_EQ(tally.moments().back().not_ok, 2);
    EXPECT_THAT(report_text(tally, profile(), {}),
                HasSubstr("sent 6 · ok 4 · throttled 2 · cold 1"));
    EXPECT_EQ(report_json(tally, profile(), {}).at("firstErrors").at("throttled").as_string(),
              "house full");
}

TEST(BenchTally, ADriverThatWasLateItselfSaysSo) {
    Tally tally;
    tally.due(calm, Millis{400});
    tally.ended(calm, Seconds{1}, Seconds{1}, Ended::ok, false, "");
    EXPECT_THAT(report_text(tally, profile(), {}), HasSubstr("late itself, p99 400 ms"));
    EXPECT_THAT(report_text(some(), profile(), {}), Not(HasSubstr("late itself")));
}

TEST(BenchTally, ALineOfBlocksShowsTheHighestOfEachColumn) {
    const std::vector<double> values{0, 1, 8, 4};
    EXPECT_EQ(sparkline(values, 10), "▁▂█▅");
    EXPECT_EQ(sparkline(values, 2), "▂█");
    EXPECT_EQ(sparkline({}, 2), "");
    const std::vector<double> nothing{0, 0};
    EXPECT_EQ(sparkline(nothing, 2), "▁▁");
}

TEST(BenchTally, InstancesAreDrawnFromWhatTheServerSaysOfItself) {
    auto tally = some();
    tally.instances(Seconds{0}, 1);
    tally.instances(Seconds{1}, 4);
    tally.instances(Seconds{2}, 2);
    const auto drawn = draw(tally, profile(), 60);
    EXPECT_THAT(drawn, HasSubstr("1 → 5 req/s"));
    EXPECT_THAT(drawn, HasSubstr("▃█▅   1 → 4 → 2"));
    EXPECT_EQ(instances_in("ready\nworkers starting 1 busy 2 idle 3 stopping 4\nparked\n"), 6);
    EXPECT_EQ(instances_in("ready\n"), std::nullopt);
    EXPECT_EQ(instances_in("workers starting a busy 2 idle 3 stopping 4"), std::nullopt);
}

}  // namespace
}  // namespace mayfly::cli
