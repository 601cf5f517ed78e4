#include "io/turns.hpp"

#include "io/timers_manual.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

namespace mayfly::io {
namespace {

using testing::ElementsAre;

TEST(FairLine, PartiesTakeTurnsAndEachKeepsItsOrder) {
    FairLine<std::string> line;
    for (const auto* one : {"a1", "a2", "a3", "a4"}) line.add(1, one);
    line.add(2, "b1");
    line.add(3, "c1");
    line.add(2, "b2");
    std::vector<std::string> taken;
    while (!line.empty()) taken.push_back(line.take());
    EXPECT_THAT(taken, ElementsAre("a1", "b1", "c1", "a2", "b2", "a3", "a4"));
}

TEST(FairLine, WhoComesBackStandsBehindTheOthers) {
    FairLine<std::string> line;
    line.add(1, "a1");
    line.add(2, "b1");
    EXPECT_EQ(line.take(), "a1");
    line.add(1, "a2");
    EXPECT_EQ(line.take(), "b1");
    EXPECT_EQ(line.take(), "a2");
    EXPECT_TRUE(line.empty());
}

struct TurnsTest : testing::Test {
    void answer(std::uint64_t party, int times = 1) {
        for (int n = 0; n < times; ++n)
            turns.take(party, Work::answer, [this, party] { begun.push_back(party + 100); });
    }
    void ask(std::uint64_t party, int times = 1) {
        for (int n = 0; n < times; ++n)
            boost::asio::co_spawn(
                loop,
                [](TurnsTest& self, std::uint64_t who) -> Task<> {
                    co_await self.turns.take(who, Work::request);
                    self.begun.push_back(who);
                }(*this, party),
                boost::asio::detached);
    }

    boost::asio::io_context loop{1};
    ManualTimers timers{loop};
    Turns turns{loop, timers};
    std::vector<std::uint64_t> begun;
};

TEST_F(TurnsTest, AFewBeginAtOnce) {
    ask(1, 3);
    loop.run();
    EXPECT_THAT(begun, ElementsAre(1, 1, 1));
}

TEST_F(TurnsTest, OneBesideACrowdIsAmongTheFirst) {
    ask(1, 500);
    ask(2);
    loop.run();
    ASSERT_EQ(begun.size(), 501u);
    const auto place = std::ranges::find(begun, 2u) - begun.begin();
    EXPECT_LT(place, 20);
}

TEST_F(TurnsTest, WhatOthersAskForMeanwhileComesInBetween) {
    ask(1, 100);
    loop.poll_one();
    while (begun.size() < 40) loop.run_one();
    ask(2);
    loop.run();
    const auto place = std::ranges::find(begun, 2u) - begun.begin();
    EXPECT_LT(place, 80);
    EXPECT_EQ(begun.size(), 101u);
}

TEST_F(TurnsTest, AnswersDoNotStandBehindTheRequestsOfTheirAccount) {
    ask(1, 100);
    answer(1, 3);
    loop.run();
    ASSERT_EQ(begun.size(), 103u);
    for (int n = 0; n < 3; ++n) {
        const auto place = std::ranges::find(begun, 101u) - begun.begin();
        EXPECT_LT(place, 24);
        begun[static_cast<std::size_t>(place)] = 0;
    }
}

TEST_F(TurnsTest, WhereSeveralAreThereFewerBeginAtOnce) {
    answer(1, 10);
    EXPECT_EQ(begun.size(), 10u) << "it is alone";
    timers.run_until(timers.now() + Millis{1});
    answer(2, 10);
    EXPECT_EQ(begun.size(), 14u) << "the others wait until the loop has looked at its sockets";
    loop.restart();
    loop.run();
    EXPECT_EQ(begun.size(), 20u);
    timers.run_until(timers.now() + Seconds{2});
    loop.restart();
    answer(2, 10);
    EXPECT_EQ(begun.size(), 30u) << "it has been alone for a while";
}

}  // namespace
}  // namespace mayfly::io
