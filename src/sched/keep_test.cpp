#include "sched/keep.hpp"

#include <gtest/gtest.h>

namespace mayfly::sched {
namespace {

constexpr Keep kKeep;  // 15 s, 60 s, 240 s, 600 s

Micros kept(Micros pause) { return steps_of(kKeep)[step_for(pause, kKeep)]; }

TEST(Keep, AFunctionNobodyKnowsIsKeptAsUsual) { EXPECT_EQ(kept(Micros::max()), Seconds{60}); }

TEST(Keep, BridgesTwiceTheUsualPause) {
    EXPECT_EQ(kept(Millis{5}), Seconds{15});
    EXPECT_EQ(kept(Seconds{7}), Seconds{15});
    EXPECT_EQ(kept(Seconds{8}), Seconds{60});
    EXPECT_EQ(kept(Seconds{60}), Seconds{240});
    EXPECT_EQ(kept(Seconds{300}), Seconds{600});
    EXPECT_EQ(kept(Seconds{599}), Seconds{600});
}

TEST(Keep, DoesNotWaitForWhatComesTooSeldom) { EXPECT_EQ(kept(Seconds{600}), Seconds{15}); }

}  // namespace
}  // namespace mayfly::sched
