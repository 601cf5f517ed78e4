#include "model/request_id.hpp"

#include <gmock/gmock.h>

#include <set>

namespace mayfly {
namespace {

struct At final : Clock {
    WallTime moment{};
    Time now() const override { return {}; }
    WallTime wall() const override { return moment; }
};

TEST(RequestId, HasTheFormOfFc) {
    At clock;
    clock.moment = WallTime(Seconds(0x658af93f) + Micros(0xabcde));
    SeededRng rng(1);
    EXPECT_THAT(new_request_id(clock, rng), testing::MatchesRegex("1-658af93f-abcde[0-9a-f]{19}"));
}

TEST(RequestId, LaterOnesSortAfterEarlierOnes) {
    At clock;
    SeededRng rng(1);
    std::string before;
    for (const auto passed : {Micros(0), Micros(1), Micros(15), Micros(16), Micros(999'999),
                              Micros(1'000'000), Micros(61'000'000)}) {
        clock.moment = WallTime(Seconds(0x658af93f) + passed);
        const auto id = new_request_id(clock, rng);
        EXPECT_LT(before, id);
        before = id;
    }
}

TEST(RequestId, OfOneMomentAreApart) {
    const At clock;
    SeededRng rng(1);
    std::set<std::string> ids;
    for (int n = 0; n < 10'000; ++n) ids.insert(new_request_id(clock, rng));
    EXPECT_EQ(ids.size(), 10'000u);
}

}  // namespace
}  // namespace mayfly
