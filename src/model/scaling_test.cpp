#include "model/scaling.hpp"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

WallTime at(int hours) { return WallTime(Seconds(hours * 3600)); }

TEST(Scaling, WithoutASpecialRuleTheTargetIsTheOneThatWasSet) {
    EXPECT_EQ(target_at({.target = 3}, at(5), 100, 1), 3);
}

TEST(Scaling, TheNewestScheduledTargetHoldsWhileItsTimeLasts) {
    const ProvisionConfig config{.target = 1,
                                 .scheduled = {{"evening", at(0), at(24), at(18), 5, ""},
                                               {"morning", at(0), at(24), at(6), 2, ""}}};
    EXPECT_EQ(target_at(config, at(5), 0, 1), 1);
    EXPECT_EQ(target_at(config, at(6), 0, 1), 2);
    EXPECT_EQ(target_at(config, at(20), 0, 1), 5);
    EXPECT_EQ(target_at(config, at(24), 0, 1), 1);
}

TEST(Scaling, ATrackedTargetFollowsUseWithinItsBounds) {
    const ProvisionConfig config{.target = 1, .tracked = {{"half", at(0), at(24), 0.5, 2, 10}}};
    EXPECT_EQ(target_at(config, at(1), 0, 1), 2);
    EXPECT_EQ(target_at(config, at(1), 3, 1), 6);
    EXPECT_EQ(target_at(config, at(1), 30, 10), 6);
    EXPECT_EQ(target_at(config, at(1), 300, 1), 10);
    EXPECT_EQ(target_at(config, at(25), 300, 1), 1);
}

}  // namespace
}  // namespace mayfly
