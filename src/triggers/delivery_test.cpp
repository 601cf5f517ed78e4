#include "triggers/delivery.hpp"

#include <gtest/gtest.h>

namespace mayfly::triggers {
namespace {

const WallTime t0{Seconds{1'000'000}};
const DeliveryRules rules;

TEST(Delivery, IsOverOnceTakenOrUseless) {
    EXPECT_FALSE(next_try(Tried::taken, 0, t0, t0, rules));
    EXPECT_FALSE(next_try(Tried::useless, 0, t0, t0, rules));
}

TEST(Delivery, WhatWasTakenBeforeIsNotTakenTwice) {
    EXPECT_EQ(tried_of(Error(Kind::conflict, "", "TaskAlreadyExists")), Tried::taken);
    EXPECT_EQ(tried_of(Error(Kind::invalid, "")), Tried::useless);
    EXPECT_EQ(tried_of(Error(Kind::busy, "")), Tried::refused);
    EXPECT_EQ(tried_of(Error(Kind::unavailable, "")), Tried::refused);
}

TEST(Delivery, WhatIsRefusedIsTriedForADayEverMoreSeldom) {
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
