#include "cli/bench_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

using testing::HasSubstr;

std::vector<Due> all_of(Profile profile) {
    std::vector<Due> all;
    while (const auto due = profile.next()) all.push_back(*due);
    return all;
}

std::string refused(double rate, std::optional<Burst> burst = {}, std::optional<Micros> every = {},
                    std::optional<Micros> length = {}) {
    const auto made = Profile::of(rate, burst, every, length);
    return made ? "" : made.error().what;
}

TEST(BenchProfile, AnEvenRateIsDueEvenly) {
    const auto all = all_of(Profile::of(4, {}, {}, Seconds{2}).value());
    ASSERT_EQ(all.size(), 8u);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].at, Millis{250} * i);
        EXPECT_FALSE(all[i].in_burst);
    }
}

TEST(BenchProfile, ABurstStandsInTheMiddle) {
    auto profile = Profile::of(0.1, parse_burst("10:100:4s").value(), {}, {}).value();
    EXPECT_EQ(profile.length(), Seconds{12});
    EXPECT_EQ(profile.calls(), 40 + 400 + 40);
    EXPECT_EQ(profile.rate_at(Millis{3999}), 10);
    EXPECT_EQ(profile.rate_at(Seconds{4}), 100);
    EXPECT_EQ(profile.rate_at(Seconds{8}), 10);
    const auto all = all_of(std::move(profile));
    ASSERT_EQ(all.size(), 480u);
    EXPECT_EQ(all[40].at, Seconds{4});
    EXPECT_TRUE(all[40].in_burst && !all[40].settled);
    EXPECT_TRUE(all[140].settled);  // a second later
    EXPECT_FALSE(all[440].in_burst);
}

TEST(BenchProfile, BurstsComeAgain) {
    const auto profile =
        Profile::of(20, parse_burst("200x10s").value(), Seconds{30}, Seconds{60}).value();
    EXPECT_EQ(profile.calls(), 2 * (20 * 20 + 200 * 10));
    for (const int s : {10, 19, 40, 49}) EXPECT_EQ(profile.rate_at(Seconds{s}), 200) << s;
    for (const int s : {0, 9, 20, 39, 50, 59}) EXPECT_EQ(profile.rate_at(Seconds{s}), 20) << s;
}

TEST(BenchProfile, ARateBelowOneASecondIsExactOverTheWhole) {
    EXPECT_EQ(Profile::of(1000.0 / 60, {}, {}, std::chrono::minutes{5}).value().calls(), 5000);
}

TEST(BenchProfile, WhatIsOutOfBoundsIsRefusedWithTheBounds) {
    EXPECT_THAT(refused(0), HasSubstr("above 0, at most 100000"));
    EXPECT_THAT(refused(-1), HasSubstr("above 0"));
    EXPECT_THAT(refused(1e9), HasSubstr("at most 100000"));
    EXPECT_THAT(refused(1, parse_burst("0x1s").value()), HasSubstr("above 0"));
    EXPECT_THAT(refused(1, parse_burst("9x10s").value(), Seconds{5}), HasSubstr("does not fit"));
    EXPECT_THAT(refused(1, {}, Seconds{5}), HasSubstr("--burst"));
    EXPECT_THAT(refused(100'000, {}, {}, Seconds{51}), HasSubstr("5100000 calls"));
    EXPECT_THAT(refused(0.1, {}, {}, Seconds{1}), HasSubstr("not one call"));
    EXPECT_THAT(refused(1, parse_burst("9x1ms").value(), Millis{1}, std::chrono::hours{24}),
                HasSubstr("bursts"));
}

TEST(BenchProfile, WordsThatAreNoSpanOrBurstAreRefused) {
    for (const auto* bad : {"", "s", "10", "0s", "-1s", "1.5s", "25h", "1d", "99999999999999h"})
        EXPECT_FALSE(parse_span(bad)) << bad;
    for (const auto* bad : {"", "200", "x10s", "200x", "20:200", "a:200:10s", "20:b:10s",
                            "1:2:3:4s", "20:200:10", "1:2x3s"})
        EXPECT_FALSE(parse_burst(bad)) << bad;
    for (const auto* good : {"250ms", "10s", "5m", "24h"}) EXPECT_TRUE(parse_span(good)) << good;
    EXPECT_EQ(span_text(Millis{250}), "250ms");
    EXPECT_EQ(span_text(Seconds{90}), "90s");
    EXPECT_EQ(span_text(Seconds{300}), "5m");
}

}  // namespace
}  // namespace mayfly::cli
