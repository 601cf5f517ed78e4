#include "sched/need.hpp"

#include <gtest/gtest.h>

namespace mayfly::sched {
namespace {

constexpr NeedBounds kBounds{.linger = Millis{10}, .crew = 3};

// Calls take a millisecond, a start five.
Demand of_short_calls(int waiting, int coming, int serving) {
    return {.waiting = waiting,
            .coming = coming,
            .serving = serving,
            .run = Millis{1},
            .start = Millis{5}};
}

TEST(UsualStart, IsTheTimeUntilAWorkersFirstCallEndedBeyondTheCallItself) {
    UsualStart start;
    EXPECT_EQ(start.time(), Micros::max());
    start.add(Millis{9}, Millis{4}, Micros::max());
    EXPECT_EQ(start.time(), Millis{9}) << "what of the call was loading is not known yet";
    start.settle(Millis{1});
    start.settle(Millis{2});
    EXPECT_EQ(start.time(), Millis{8});
    start.add(Millis{9}, Millis{4}, Millis{5});
    EXPECT_LT(start.time(), Millis{8}) << "a call that was quicker than usual took its own time";
    for (int i = 0; i < 100; ++i) start.add(Millis{9}, Millis{4}, Millis{1});
    EXPECT_NEAR(static_cast<double>(start.time().count()), 8000, 20);
}

TEST(Need, WhileNothingIsKnownEachCallHasAWorkerOfItsOwn) {
    auto d = of_short_calls(876, 8, 100);
    d.run = Micros::max();
    EXPECT_EQ(need(d, kBounds), 868);
    d.run = Millis{1};
    d.start = Micros::max();
    EXPECT_EQ(need(d, kBounds), 868);
    d.waiting = 2;
    EXPECT_EQ(need(d, kBounds), 0);
}

TEST(Need, ACallThatABusyWorkerReachesBeforeAStartNeedsNone) {
    EXPECT_EQ(need(of_short_calls(1, 0, 1), kBounds), 0);
    EXPECT_EQ(need(of_short_calls(5, 0, 1), kBounds), 0);
    EXPECT_EQ(need(of_short_calls(15, 0, 3), kBounds), 0);
}

TEST(Need, WhatThoseThatServeWouldNotReachHasTheCrewAtOnceAndThenOneStartAtATime) {
    EXPECT_EQ(need(of_short_calls(20, 0, 1), kBounds), 2);
    EXPECT_EQ(need(of_short_calls(20, 1, 1), kBounds), 1);
    EXPECT_EQ(need(of_short_calls(20, 2, 1), kBounds), 0);
    EXPECT_EQ(need(of_short_calls(500, 0, 3), kBounds), 1);
    EXPECT_EQ(need(of_short_calls(500, 1, 3), kBounds), 0);
}

TEST(Need, ALongCallHasAWorkerOfItsOwnThoughNoCoreIsIdle) {
    auto d = of_short_calls(3, 1, 100);
    d.run = Seconds{1};
    d.no_cores = true;
    EXPECT_EQ(need(d, kBounds), 2);
}

TEST(Need, WithNoCoreIdleShortCallsHaveTheirCrewAndNoMoreUntilTheyStarve) {
    auto d = of_short_calls(500, 0, 3);
    d.no_cores = true;
    d.overdue = 3;
    EXPECT_EQ(need(d, kBounds), 0);
    d.starved = true;
    EXPECT_EQ(need(d, kBounds), 1);
    d.starved = false;
    d.serving = 2;
    EXPECT_EQ(need(d, kBounds), 1) << "the crew is not whole";
}

TEST(Need, TheNextWorkerBeyondTheCrewWaitsUntilTheLastOneHasShownWhetherItHelps) {
    auto d = of_short_calls(500, 0, 4);
    d.overdue = 3;
    d.unproven = true;
    EXPECT_EQ(need(d, kBounds), 0);
    d.starved = true;
    EXPECT_EQ(need(d, kBounds), 1);
    d.starved = d.unproven = false;
    EXPECT_EQ(need(d, kBounds), 1);
}

TEST(Need, CallsThatWaitForNothingButACoreHaveNoMoreThanTheirCrew) {
    auto d = of_short_calls(500, 0, 2);
    d.cores_only = true;
    d.overdue = 3;
    EXPECT_EQ(need(d, kBounds), 1);
    d.serving = 3;
    EXPECT_EQ(need(d, kBounds), 0);
    d.starved = true;
    EXPECT_EQ(need(d, kBounds), 1);
    d.starved = false;
    d.run = Seconds{1};
    EXPECT_EQ(need(d, kBounds), 500) << "long ones do";
}

TEST(Need, WithNobodyToCountOnOneStarts) {
    EXPECT_EQ(need(of_short_calls(1, 0, 0), kBounds), 1);
    EXPECT_EQ(need(of_short_calls(2, 0, 0), kBounds), 1);
}

TEST(Need, AWorkerForOneCallIsCountedOnByNoOther) {
    auto d = of_short_calls(3, 0, 50);
    d.once = true;
    EXPECT_EQ(need(d, kBounds), 3);
}

TEST(Need, WhoWaitedInVainHasAStart) {
    auto d = of_short_calls(9, 0, 100);
    EXPECT_EQ(need(d, kBounds), 0);
    d.overdue = 3;
    EXPECT_EQ(need(d, kBounds), 1);
    d.run = Millis{20};
    EXPECT_EQ(need(d, kBounds), 3) << "as many as the crew, if they are not short";
    d.coming = 1;
    EXPECT_EQ(need(d, kBounds), 2);
}

TEST(Need, WhenThoseThatServeDoNotEndEachCallHasAWorkerOfItsOwn) {
    auto d = of_short_calls(9, 1, 3);
    d.no_cores = d.stalled = true;
    EXPECT_EQ(need(d, kBounds), 8);
}

TEST(Need, NobodyCountsOnABusyWorkerForLongerThanMayBe) {
    auto d = of_short_calls(1, 0, 1);
    d.run = Millis{100};
    d.start = Seconds{20};
    EXPECT_EQ(worth(d.start, kBounds.linger), kBounds.linger);
    EXPECT_EQ(need(d, kBounds), 1);
    EXPECT_EQ(need(of_short_calls(4, 0, 1), {.linger = Micros{0}, .crew = 3}), 4)
        << "if it may not";
}

}  // namespace
}  // namespace mayfly::sched
