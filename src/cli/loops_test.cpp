#include "cli/loops.hpp"

#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

TEST(Loops, AreMadeWhereAnOutputMaySetOffItsTrigger) {
    TriggerSpec trigger{.name = "new", .type = "oss"};
    trigger.source_arn = "acs:oss:x:1:photos";
    trigger.config = R"({"events":[],"filter":{"key":{"prefix":"in/","suffix":".jpg"}}})";
    for (const auto* loop : {"photos", "photos/", "photos/in/", "photos/in/small/", "photos/i",
                             "photos/in/*.jpg", "photos/*g"})
        EXPECT_TRUE(may_meet(trigger, loop)) << loop;
    for (const auto* fine : {"other", "other/in/", "photos/out/", "photos/in/*.png", "photos/inn"})
        EXPECT_FALSE(may_meet(trigger, fine)) << fine;
    EXPECT_EQ(watched_text(trigger), "photos/in/*.jpg");
}

}  // namespace
}  // namespace mayfly::cli
