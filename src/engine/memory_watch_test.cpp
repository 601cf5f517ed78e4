#include "engine/memory_watch.hpp"

#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

TEST(MemoryWatch, ReadsTheShareThatIsStillToBeHad) {
    EXPECT_EQ(share_available("MemTotal:       1000 kB\nMemFree: 10 kB\nMemAvailable:    250 kB\n"),
              0.25);
}

TEST(MemoryWatch, KnowsNothingFromAnotherText) {
    EXPECT_EQ(share_available(""), std::nullopt);
    EXPECT_EQ(share_available("MemTotal: 0 kB\nMemAvailable: 1 kB\n"), std::nullopt);
    EXPECT_EQ(share_available("MemTotal: many kB\nMemAvailable: 1 kB\n"), std::nullopt);
}

TEST(MemoryWatch, SwapIsThereIfItHasASize) {
    EXPECT_TRUE(has_swap("MemTotal: 9 kB\nSwapTotal:       1024 kB\n"));
    EXPECT_FALSE(has_swap("MemTotal: 9 kB\nSwapTotal:          0 kB\n"));
    EXPECT_FALSE(has_swap(""));
}

}  // namespace
}  // namespace mayfly::engine
