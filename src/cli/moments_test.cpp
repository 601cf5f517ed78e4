#include "cli/moments.hpp"

#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

TEST(Moments, AreSpansBeforeNowOrMoments) {
    const WallTime now(Seconds(1'700'000'000));
    EXPECT_EQ(parse_moment("90s", now), now - Seconds(90));
    EXPECT_EQ(parse_moment("30m", now), now - Seconds(1800));
    EXPECT_EQ(parse_moment("2h", now), now - Seconds(7200));
    EXPECT_EQ(parse_moment("1d", now), now - Seconds(86'400));
    EXPECT_EQ(parse_moment("2023-11-14T22:13:20Z", {}), now);
    for (const auto* bad : {"", "h", "-1h", "1w", "x", "2023-11-31T22:13:20Z",
                            "2023-11-14T24:13:20Z", "2023-11-14 22:13:20Z"})
        EXPECT_EQ(parse_moment(bad, now).error().kind, Kind::invalid) << bad;
}

}  // namespace
}  // namespace mayfly::cli
