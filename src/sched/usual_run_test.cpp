#include "sched/usual_run.hpp"

#include <gtest/gtest.h>

namespace mayfly::sched {
namespace {

constexpr int kCrew = 3;
constexpr Micros kQuick{500};

TEST(UsualRun, NothingIsQuickBeforeACallHasEnded) { EXPECT_FALSE(UsualRun{}.below(kQuick)); }

TEST(UsualRun, IsAnAverageWhileFewRunAtOnce) {
    UsualRun usual;
    usual.add(Micros{100}, 1, kCrew);
    EXPECT_TRUE(usual.below(kQuick));
    for (int i = 0; i < 20; ++i) usual.add(Micros{600}, 2, kCrew);
    EXPECT_FALSE(usual.below(kQuick));
}

TEST(UsualRun, ShortCallsThatCrowdEachOtherAreStillQuick) {
    UsualRun usual;
    for (int i = 0; i < 50; ++i) usual.add(Micros{i % 10 ? 700 : 200}, 32, kCrew);
    EXPECT_TRUE(usual.below(kQuick));
}

TEST(UsualRun, CallsThatWaitForSomethingAreNotMadeQuickByTheirNumber) {
    UsualRun usual;
    for (int i = 0; i < 50; ++i) usual.add(Micros{3000}, 32, kCrew);
    EXPECT_FALSE(usual.below(kQuick));
}

TEST(UsualRun, OneQuickCallDoesNotCountForEver) {
    UsualRun usual;
    usual.add(Micros{100}, 32, kCrew);
    for (int i = 0; i < 40; ++i) usual.add(Micros{900}, 32, kCrew);
    EXPECT_FALSE(usual.below(kQuick));
}

TEST(UsualRun, WhileNoCoreIsIdleItIsOnlyEverFoundToTakeLessAlone) {
    UsualRun usual;
    EXPECT_EQ(usual.alone(), Micros::max());
    for (int i = 0; i < 50; ++i) usual.add(Millis{1}, 1, 3);
    EXPECT_EQ(usual.alone(), Millis{1});
    for (int i = 0; i < 50; ++i) usual.add(Millis{80}, 3, 3, true);
    EXPECT_EQ(usual.alone(), Millis{1});
    for (int i = 0; i < 50; ++i) usual.add(Micros{400}, 3, 3, true);
    EXPECT_LT(usual.alone(), Micros{600});
    for (int i = 0; i < 50; ++i) usual.add(Millis{80}, 3, 3);
    EXPECT_GT(usual.alone(), Millis{60}) << "it has become slower by itself";
}

}  // namespace
}  // namespace mayfly::sched
