#include "workers/core_time.hpp"

#include <gtest/gtest.h>

namespace mayfly::workers {
namespace {

TEST(CoreTime, IsWhatTheKernelSays) {
    const auto time = core_time("81000499 2000999 117\n");
    ASSERT_TRUE(time);
    EXPECT_EQ(time->ran, Micros{81'000});
    EXPECT_EQ(time->waited, Micros{2000});
}

TEST(CoreTime, OfAnythingElseIsUnknown) {
    for (const auto* text : {"", "1", "1 2", "1 2 3 4", "a 2 3", "1 -", "\n"})
        EXPECT_FALSE(core_time(text)) << text;
}

TEST(CoreUse, IsTheFirstLineOfAGroupsStatistics) {
    EXPECT_EQ(core_use("usage_usec 81000\nuser_usec 1\n"), Micros{81'000});
    EXPECT_EQ(core_use("usage_usec 7"), Micros{7});
    for (const auto* text : {"", "usage_usec", "usage_usec \n", "usage_usec x\n", "user_usec 1\n"})
        EXPECT_FALSE(core_use(text)) << text;
}

TEST(Undisturbed, IsWhatACallTookLessWhatItWaitedForACore) {
    EXPECT_EQ(undisturbed(Millis{9}, {Micros{100}, Micros{50}}, {Micros{300}, Micros{6050}}),
              Millis{3});
}

TEST(Undisturbed, IsNoLessThanItRan) {
    EXPECT_EQ(undisturbed(Millis{9}, {}, {Millis{2}, Millis{8}}), Millis{2});
    EXPECT_EQ(undisturbed(Millis{1}, {}, {Millis{2}, Millis{8}}), Millis{1})
        << "but no more than it took";
}

TEST(Undisturbed, IsUnknownWhereAnotherThreadWorked) {
    EXPECT_FALSE(undisturbed(Millis{9}, {Millis{5}, Millis{1}}, {Millis{5}, Millis{1}}));
}

}  // namespace
}  // namespace mayfly::workers
