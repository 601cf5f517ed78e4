#include "sched/usual_run.hpp"

#include <gtest/gtest.h>

namespace mayfly::sched {
namespace {

constexpr int kCrew = 3;
constexpr Micros kQuick{500};

TEST(UsualRun, NothingIsQuickBeforeACallHasEnded) { EXPECT_FALSE(UsualRun{}.below(kQuick)); }

TEST(UsualRun, IsAnAverageWhileFewRunAtOnce) {
    UsualRun usual;
    usual.add({.took = Micros{100}, .at_once = 1}, kCrew);
    EXPECT_TRUE(usual.below(kQuick));
    for (int i = 0; i < 20; ++i) usual.add({.took = Micros{600}, .at_once = 2}, kCrew);
    EXPECT_FALSE(usual.below(kQuick));
}

TEST(UsualRun, ShortCallsThatCrowdEachOtherAreStillQuick) {
    UsualRun usual;
    for (int i = 0; i < 50; ++i)
        usual.add({.took = Micros{i % 10 ? 700 : 200}, .at_once = 32}, kCrew);
    EXPECT_TRUE(usual.below(kQuick));
}

TEST(UsualRun, CallsThatWaitForSomethingAreNotMadeQuickByTheirNumber) {
    UsualRun usual;
    for (int i = 0; i < 50; ++i) usual.add({.took = Micros{3000}, .at_once = 32}, kCrew);
    EXPECT_FALSE(usual.below(kQuick));
}

TEST(UsualRun, CallsThatWaitForACoreAreQuickIfTheyWereUndisturbed) {
    UsualRun usual;
    for (int i = 0; i < 50; ++i)
        usual.add({.took = Millis{20}, .at_once = 100, .undisturbed = Micros{200}}, kCrew);
    EXPECT_TRUE(usual.below(kQuick));
    EXPECT_EQ(usual.alone(), Micros{200});
    for (int i = 0; i < 50; ++i)
        usual.add({.took = Millis{20}, .at_once = 100, .undisturbed = Millis{2}}, kCrew);
    EXPECT_FALSE(usual.below(kQuick)) << "they wait for something else";
}

TEST(UsualRun, AWorkersFirstCallCountsWhileNothingElseIsKnown) {
    UsualRun usual;
    usual.add({.took = Millis{40}, .first = true}, kCrew);
    EXPECT_EQ(usual.alone(), Millis{40});
    EXPECT_FALSE(usual.is_known());
    usual.add({.took = Micros{100}}, kCrew);
    EXPECT_EQ(usual.alone(), Micros{100});
    for (int i = 0; i < 80; ++i) usual.add({.took = Millis{40}, .first = true}, kCrew);
    EXPECT_TRUE(usual.below(kQuick));
}

TEST(UsualRun, CallsThatWaitForLittleButACoreAreKnownBySeveralOfThem) {
    UsualRun usual;
    EXPECT_FALSE(usual.wants_cores_only());
    usual.add({.took = Micros{200}}, kCrew);
    EXPECT_FALSE(usual.wants_cores_only()) << "it was not looked at";
    usual.add({.took = Millis{9}, .undisturbed = Micros{200}, .ran = Micros{190}}, kCrew);
    EXPECT_TRUE(usual.wants_cores_only());
    for (int i = 0; i < 9; ++i)
        usual.add({.took = Millis{9}, .undisturbed = Micros{200}, .ran = Micros{40}}, kCrew);
    EXPECT_FALSE(usual.wants_cores_only());
}

TEST(UsualRun, OneQuickCallDoesNotCountForEver) {
    UsualRun usual;
    usual.add({.took = Micros{100}, .at_once = 32}, kCrew);
    for (int i = 0; i < 40; ++i) usual.add({.took = Micros{900}, .at_once = 32}, kCrew);
    EXPECT_FALSE(usual.below(kQuick));
}

TEST(UsualRun, WhileNoCoreIsIdleItIsOnlyEverFoundToTakeLessAlone) {
    UsualRun usual;
    EXPECT_EQ(usual.alone(), Micros::max());
    for (int i = 0; i < 50; ++i) usual.add({.took = Millis{1}, .at_once = 1}, kCrew);
    EXPECT_EQ(usual.alone(), Millis{1});
    for (int i = 0; i < 50; ++i)
        usual.add({.took = Millis{80}, .at_once = 3, .no_cores = true}, kCrew);
    EXPECT_EQ(usual.alone(), Millis{1});
    for (int i = 0; i < 50; ++i)
        usual.add({.took = Micros{400}, .at_once = 3, .no_cores = true}, kCrew);
    EXPECT_LT(usual.alone(), Micros{600});
    for (int i = 0; i < 50; ++i) usual.add({.took = Millis{80}, .at_once = 3}, kCrew);
    EXPECT_GT(usual.alone(), Millis{60}) << "it has become slower by itself";
}

}  // namespace
}  // namespace mayfly::sched
