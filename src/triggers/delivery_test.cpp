#include "triggers/delivery.hpp"

#include <gtest/gtest.h>

namespace mayfly::triggers {
namespace {

const WallTime t0{Seconds{1'000'000}};
const DeliveryRules rules;

TEST(Delivery, IsOverOnceHandledOrUseless) {
    EXPECT_FALSE(next_try(Tried::handled, 0, t0, t0, rules));
    EXPECT_FALSE(next_try(Tried::useless, 0, t0, t0, rules));
}

TEST(Delivery, AFunctionThatFailsIsTriedFourTimes) {
    int tries = 0;
    for (auto now = t0; const auto at = next_try(Tried::failed, tries, t0, now, rules); now = *at)
        ++tries;
    EXPECT_EQ(tries + 1, 4);
}

TEST(Delivery, WhatCannotRunNowIsTriedForADayEverMoreSeldom) {
    int tries = 0;
    auto now = t0, before = t0;
    Micros pause{0};
    while (const auto at = next_try(Tried::refused, tries, t0, now, rules)) {
        before = now;
        now = *at;
        EXPECT_GE(now - before, pause);
        pause = now - before;
        ++tries;
    }
    EXPECT_EQ(pause, Micros(rules.pause_max));
    EXPECT_LE(now - t0, rules.age_max);
    EXPECT_GT(now - t0, rules.age_max - rules.pause_max - Seconds{1});
}

}  // namespace
}  // namespace mayfly::triggers
