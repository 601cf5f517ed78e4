#include "auth/nonces.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

TEST(Nonces, AreTakenOnceForAsLongAsTheirRequestIsGood) {
    Nonces nonces;
    WallTime now(Seconds{1'700'000'000});
    EXPECT_TRUE(nonces.take("a", now));
    EXPECT_FALSE(nonces.take("a", now));
    EXPECT_TRUE(nonces.take("b", now));
    now += Seconds{31 * 60};
    EXPECT_TRUE(nonces.take("c", now));
    EXPECT_FALSE(nonces.take("b", now)) << "the older half is still there";
    now += Seconds{31 * 60};
    EXPECT_TRUE(nonces.take("b", now)) << "its request is too old by now";
}

TEST(Nonces, AreBounded) {
    Nonces nonces;
    const WallTime now(Seconds{1'700'000'000});
    for (std::size_t i = 0; i < 3 * Nonces::kMost; ++i)
        ASSERT_TRUE(nonces.take(std::to_string(i), now));
    EXPECT_FALSE(nonces.take(std::to_string(3 * Nonces::kMost - 1), now));
    EXPECT_TRUE(nonces.take("0", now)) << "the oldest are forgotten";
}

}  // namespace
}  // namespace mayfly::auth
