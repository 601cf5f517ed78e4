#include "engine/cores_watch.hpp"

#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

TEST(CoreTimes, AreReadFromTheFirstLine) {
    const auto times = core_times("cpu  100 5 30 900 20 1 2 3 40 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n");
    ASSERT_TRUE(times);
    EXPECT_EQ(times->idle, 920);
    EXPECT_EQ(times->all, 1061);
    for (const auto* text : {"", "cpu ", "cpu  1 2 3\n", "cpu  1 2 3 4 5 6 7 x\n", "cpu0 1 2 3"})
        EXPECT_FALSE(core_times(text)) << text;
}

TEST(CoreTimes, WithLessThanAFifthIdleTheyWereBusy) {
    EXPECT_TRUE(were_busy({100, 1000}, {100, 1020}));
    EXPECT_TRUE(were_busy({100, 1000}, {103, 1020}));
    EXPECT_FALSE(were_busy({100, 1000}, {104, 1020}));
    EXPECT_FALSE(were_busy({100, 1000}, {100, 1000})) << "nobody looked";
}

TEST(CoreTimes, AThreadThatRunsOrWaitsForACoreFourFifthsOfTheTimeIsBusy) {
    EXPECT_TRUE(was_busy({Millis{5}, Millis{1}}, {Millis{66}, Millis{21}}, Millis{100}));
    EXPECT_FALSE(was_busy({Millis{5}, Millis{1}}, {Millis{65}, Millis{20}}, Millis{100}));
    EXPECT_FALSE(was_busy({}, {}, Micros{0}));
}

}  // namespace
}  // namespace mayfly::engine
