#include "engine/causes.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace mayfly::engine {
namespace {

TEST(Causes, OfSeveralCallsTheDeepestCountsWhileItRuns) {
    Causes causes;
    EXPECT_EQ(causes.of("a").depth, 0);
    const Causes::Running shallow(causes, "a", {1, "e1"});
    {
        const Causes::Running deep(causes, "a", {7, "e7"});
        const Causes::Running other(causes, "b", {9, "e9"});
        EXPECT_EQ(causes.of("a").depth, 7);
        EXPECT_EQ(causes.of("a").event, "e7");
    }
    EXPECT_EQ(causes.of("a").depth, 1);
    EXPECT_EQ(causes.of("b").event, "");
    std::optional<Causes::Running> twin(std::in_place, causes, "a", Causes::Cause{1, "e1"});
    twin.reset();
    EXPECT_EQ(causes.of("a").event, "e1") << "one of two alike has ended, not both";
}

}  // namespace
}  // namespace mayfly::engine
