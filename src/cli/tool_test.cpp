#include "cli/tool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

const Env env{{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}};

TEST(Tool, RunsInItsFolderWithItsEnvironmentAndNoInput) {
    EXPECT_EQ(run_tool({"sh", "-c", "echo $GREETING; pwd; cat; echo err >&2"}, "/usr", env),
              "hello\n/usr\nerr\n");
}

TEST(Tool, OneThatFailsIsQuotedFromBothItsEnds) {
    const auto done = run_tool({"sh", "-c", "seq 100; echo the reason; exit 3"}, "/", env);
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, "ToolFailed");
    EXPECT_EQ(done.error().kind, Kind::internal);
    EXPECT_THAT(done.error().what, HasSubstr("ended with status 3:\n  1\n  2\n"));
    EXPECT_THAT(done.error().what, HasSubstr("\n  100\n  the reason"));
    EXPECT_THAT(done.error().what, Not(HasSubstr("\n  50\n")));
    EXPECT_THAT(run_tool({"sh", "-c", "kill -9 $$"}, "/", env).error().what,
                HasSubstr("ended with signal 9"));
}

TEST(Tool, OneThatPrintsWithoutEndCostsABoundedAmount) {
    const auto done = run_tool({"sh", "-c", "yes | head -c 5000000; echo end"}, "/", env);
    ASSERT_TRUE(done);
    EXPECT_LE(done->size(), 200'000u);
    EXPECT_TRUE(done->ends_with("end\n"));
}

TEST(Tool, OneThatIsNotThereIsNotFound) {
    EXPECT_EQ(run_tool({"no-such-tool"}, "/", env).error().kind, Kind::not_found);
}

TEST(Tool, ACommandLineIsShownAsOneWouldTypeIt) {
    EXPECT_EQ(command_line({"npm", "ci", "a b", ""}), "npm ci 'a b' ''");
}

}  // namespace
}  // namespace mayfly::cli
