#include "queue/retry.hpp"

#include <gtest/gtest.h>

namespace mayfly::queue {
namespace {

constexpr WallTime start{};

Tried after(Tried::How how, int before, WallTime now = start) {
    return {.how = how, .failures = before, .refusals = before, .first_due = start, .now = now};
}
WallTime again(const NextStep& step) { return std::get<TryAgain>(step).at; }
std::string_view cause(const NextStep& step) { return std::get<GiveUp>(step).cause; }

TEST(Retry, PausesDoubleFromHalfASecondUpToFiveMinutes) {
    EXPECT_EQ(pause_after(0, {}), Millis(500));
    EXPECT_EQ(pause_after(1, {}), Seconds(1));
    EXPECT_EQ(pause_after(4, {}), Seconds(8));
    EXPECT_EQ(pause_after(1000, {}), Seconds(300));
}

TEST(Retry, AFunctionThatFailedIsTriedAsOftenAsItsPolicySaysAndNoMore) {
    const RetryPolicy policy{.retries_max = 2};
    EXPECT_EQ(again(next_step(after(Tried::How::failed, 0), policy)), start + Millis(500));
    EXPECT_EQ(again(next_step(after(Tried::How::failed, 1), policy)), start + Seconds(1));
    EXPECT_EQ(cause(next_step(after(Tried::How::failed, 2), policy)), kFunctionError);
    EXPECT_EQ(cause(next_step(after(Tried::How::failed, 0), {.retries_max = 0})), kFunctionError);
}

TEST(Retry, ChanceMovesAPauseByATenthAtMost) {
    auto tried = after(Tried::How::failed, 0);
    tried.chance = 0;
    EXPECT_EQ(again(next_step(tried, {})), start + Millis(450));
    tried.chance = 0.999999;
    EXPECT_LE(again(next_step(tried, {})), start + Millis(550));
}

TEST(Retry, NoRetryIsPlannedBeyondTheMaximumAge) {
    const RetryPolicy policy{.retries_max = 8, .age_max = Seconds(10)};
    EXPECT_EQ(cause(next_step(after(Tried::How::failed, 4, start + Seconds(3)), policy)), kExpired);
    EXPECT_FALSE(is_expired(start, start + Seconds(10), policy));
    EXPECT_TRUE(is_expired(start, start + Seconds(10) + Micros(1), policy));
}

TEST(Retry, WhatThePlatformCouldNotDoIsTriedForFiveHoursWithoutCountingAsAFailure) {
    const auto refused = [](Seconds age) {
        return next_step(after(Tried::How::refused, 100, start + age), {.retries_max = 0});
    };
    EXPECT_EQ(again(refused(Seconds(3600))), start + Seconds(3900));
    EXPECT_EQ(cause(refused(Seconds(5 * 3600))), kPlatform);
}

TEST(Retry, WhatCanNeverRunIsGivenUpAtOnce) {
    EXPECT_EQ(cause(next_step(after(Tried::How::useless, 0), {})), kInvalid);
    EXPECT_EQ(how_ended(Kind::not_found), Tried::How::useless);
    EXPECT_EQ(how_ended(Kind::busy), Tried::How::refused);
    EXPECT_EQ(how_ended(Kind::failed), Tried::How::failed);
}

}  // namespace
}  // namespace mayfly::queue
