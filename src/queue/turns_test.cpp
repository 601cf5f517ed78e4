#include "queue/turns.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <map>

namespace mayfly::queue {
namespace {

WallTime at(int seconds) { return WallTime(Seconds(seconds)); }
constexpr auto many = [](const std::string&) -> std::size_t { return 1000; };
constexpr auto never = WallTime::max();

std::map<std::string, std::size_t> as_map(const std::vector<Turns::Share>& shares) {
    std::map<std::string, std::size_t> all;
    for (const auto& share : shares) all[share.lane] += share.count;
    return all;
}

TEST(Turns, ALaneIsReadyWhenItsFirstTaskIsDue) {
    Turns turns;
    turns.waits("a", at(5));
    turns.waits("a", at(3));
    turns.waits("a", at(9));
    EXPECT_EQ(turns.next(), at(3));
    EXPECT_TRUE(turns.take(at(2), 10, many).empty());
    const auto shares = turns.take(at(3), 10, many);
    ASSERT_EQ(shares.size(), 1u);
    EXPECT_EQ(shares[0].count, 10u);
    turns.taken(shares[0], 1, at(9));
    EXPECT_EQ(turns.out(), 1u);
    EXPECT_EQ(turns.next(), at(9));
}

TEST(Turns, RoomIsSharedAndWhoWasServedGoesBehind) {
    Turns turns;
    for (const auto* lane : {"big", "small", "third"}) turns.waits(lane, at(0));
    EXPECT_EQ(as_map(turns.take(at(1), 9, many)),
              (std::map<std::string, std::size_t>{{"big", 3}, {"small", 3}, {"third", 3}}));
    Turns tight;
    for (const auto* lane : {"big", "small"}) tight.waits(lane, at(0));
    const auto first = tight.take(at(1), 1, many);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].lane, "big");
    tight.taken(first[0], 1, at(0));
    tight.ended("big");
    const auto second = tight.take(at(1), 1, many);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].lane, "small");
}

TEST(Turns, ALaneAtItsLimitWaitsForOneOfItsOwnToEnd) {
    Turns turns;
    turns.waits("a", at(0));
    const auto one = [](const std::string&) -> std::size_t { return 1; };
    const auto first = turns.take(at(1), 10, one);
    ASSERT_EQ(first[0].count, 1u);
    turns.taken(first[0], 1, at(0));
    EXPECT_TRUE(turns.take(at(1), 10, one).empty());
    turns.ended("a");
    EXPECT_EQ(turns.take(at(1), 10, one).size(), 1u);
}

TEST(Turns, WhatComesWhileALaneIsAskedIsNotForgotten) {
    Turns turns;
    turns.waits("a", at(0));
    const auto share = turns.take(at(1), 1, many);
    turns.waits("a", at(1));
    turns.taken(share[0], 1, never);
    EXPECT_EQ(turns.next(), at(1));
}

TEST(Turns, AHeldLaneWaitsUntilItsTime) {
    Turns turns;
    turns.waits("a", at(0));
    const auto share = turns.take(at(1), 1, many);
    turns.hold("a", at(7));
    turns.taken(share[0], 1, at(0));
    EXPECT_EQ(turns.next(), at(7));
    EXPECT_TRUE(turns.take(at(6), 1, many).empty());
    EXPECT_EQ(turns.take(at(7), 1, many).size(), 1u);
}

// Random lanes, tasks and ends: nothing above a limit, nothing lost, all of it is given out.
TEST(Turns, InRandomWorldsEveryTaskIsGivenOutOnceWithinTheLimits) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SeededRng rng(seed);
        Turns turns;
        std::map<std::string, std::multiset<WallTime>> waiting;
        std::map<std::string, std::size_t> out;
        std::size_t left = 0;
        const auto limit_of = [](const std::string& lane) -> std::size_t {
            return 1 + static_cast<std::size_t>(lane.back() - 'a');
        };
        int now = 0;
        for (int step = 0; step < 3000 && (step < 300 || left > 0 || turns.out() > 0); ++step) {
            const std::string lane(1, static_cast<char>('a' + rng.next() % 4));
            if (step < 300 && rng.next() % 2 == 0) {
                const auto due = at(now + static_cast<int>(rng.next() % 20));
                waiting[lane].insert(due);
                turns.waits(lane, due);
                ++left;
            }
            if (rng.next() % 3 == 0) ++now;
            for (const auto& share : turns.take(at(now), rng.next() % 5, limit_of)) {
                auto& here = waiting[share.lane];
                std::size_t got = 0;
                while (got < share.count && !here.empty() && *here.begin() <= at(now)) {
                    here.erase(here.begin());
                    ++got;
                }
                turns.taken(share, got, here.empty() ? never : *here.begin());
                out[share.lane] += got;
                left -= got;
                ASSERT_LE(out[share.lane], limit_of(share.lane)) << "seed " << seed;
            }
            if (out[lane] > 0) {
                --out[lane];
                turns.ended(lane);
            }
        }
        ASSERT_EQ(left, 0u) << "seed " << seed;
        ASSERT_EQ(turns.out(), 0u) << "seed " << seed;
        ASSERT_EQ(turns.lanes(), 0u) << "seed " << seed;
    }
}

}  // namespace
}  // namespace mayfly::queue
