#include "relay/share.hpp"

#include <gtest/gtest.h>

namespace mayfly::relay {
namespace {

// Opens as many as it may; `all` is what others hold and then what all do.
std::size_t greedy(const Share& share, std::size_t& all) {
    std::size_t own = 0;
    while (may_begin(share, own, all)) ++own, ++all;
    return own;
}

TEST(Shares, OneAloneHasHundredsOfDatagramsAndAHundredStreams) {
    std::size_t streams = 0, datagrams = 0;
    EXPECT_EQ(greedy(kStreams, streams), 124u);  // its own count, too
    EXPECT_EQ(greedy(kDatagrams, datagrams), 910u);
}

TEST(Shares, InACrowdOfGreedyOnesEachHasSomeAndTheWholeHasABound) {
    for (const auto& share : {kStreams, kDatagrams}) {
        std::size_t all = 0, before = share.most;
        for (int sandbox = 0; sandbox < 1000; ++sandbox) {
            const auto own = greedy(share, all);
            EXPECT_GE(own, kAlways);
            EXPECT_LE(own, before);
            before = own;
        }
        EXPECT_LE(all, share.most + 1000 * kAlways);
    }
}

}  // namespace
}  // namespace mayfly::relay
