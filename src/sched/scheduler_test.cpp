#include "sched/scheduler_for_tests.hpp"

#include <gmock/gmock.h>

namespace mayfly::sched {
namespace {

TEST(Scheduler, ACallToAColdFunctionStartsOneWorkerAndRunsWhenItIsReady) {
    Scheduler s({});
    const auto start = only<StartWorker>(s.on(call(1), at(0)));
    EXPECT_EQ(start.function, kA);
    EXPECT_EQ(s.hold(kA), Hold::starting);
    const auto run = only<RunCall>(s.on(WorkerReady{start.worker}, at(120)));
    EXPECT_EQ(run.call, CallId{1});
    EXPECT_EQ(run.start, Start::cold);
}

TEST(Scheduler, ACallToAFunctionWithAFreeWorkerRunsAtOnce) {
    Scheduler s({});
    const auto worker = warm_up(s, kA, 1, 0);
    const auto run = only<RunCall>(s.on(call(2), at(10)));
    EXPECT_EQ(run.worker, worker);
    EXPECT_EQ(run.start, Start::warm);
}

TEST(Scheduler, TheMostRecentlyUsedFreeWorkerIsTakenFirst) {
    Scheduler s({});
    const auto first = only<StartWorker>(s.on(call(1), at(0))).worker;
    const auto second = only<StartWorker>(s.on(call(2), at(0))).worker;
    s.on(WorkerReady{first}, at(1));
    s.on(WorkerReady{second}, at(1));
    s.on(CallEnded{second, CallId{2}}, at(2));
    s.on(CallEnded{first, CallId{1}}, at(3));
    EXPECT_EQ(only<RunCall>(s.on(call(3), at(4))).worker, first);
}

TEST(Scheduler, AWaitingCallTakesAWorkerThatBecomesFreeBeforeItsOwnIsReady) {
    Scheduler s({});
    const auto first = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{first}, at(10));
    const auto second = only<StartWorker>(s.on(call(2), at(20))).worker;
    const auto run = only<RunCall>(s.on(CallEnded{first, CallId{1}}, at(30)));
    EXPECT_EQ(run.call, CallId{2});
    EXPECT_EQ(run.start, Start::warm);
    EXPECT_TRUE(s.on(WorkerReady{second}, at(40)).empty());
    EXPECT_EQ(s.counts().idle, 1);
}

TEST(Scheduler, ACallThatWaitedPastItsDeadlineIsRefusedNotRun) {
    Scheduler s({});
    const auto start = only<StartWorker>(s.on(call(1, kA, {}, at(100)), at(0)));
    EXPECT_EQ(s.next_tick(), at(100));
    const auto refused = only<Refuse>(s.on(WorkerReady{start.worker}, at(100)));
    EXPECT_EQ(refused.why, Why::late);
    EXPECT_EQ(refused.hold, Hold::starting);
}

TEST(Scheduler, ACallThatArrivesPastItsDeadlineStartsNothing) {
    Scheduler s({});
    EXPECT_EQ(only<Refuse>(s.on(call(1, kA, {}, at(5)), at(5))).why, Why::late);
}

TEST(Scheduler, AWorkerTakesAsManyCallsAtOnceAsItsFunctionAllows) {
    Scheduler s({});
    const Limits three{.concurrency = 3};
    const auto worker = only<StartWorker>(s.on(call(1, kA, three), at(0))).worker;
    EXPECT_TRUE(s.on(call(2, kA, three), at(1)).empty());
    EXPECT_TRUE(s.on(call(3, kA, three), at(1)).empty());
    EXPECT_EQ(all<RunCall>(s.on(WorkerReady{worker}, at(9))).size(), 3u);
    only<StartWorker>(s.on(call(4, kA, three), at(10)));
    EXPECT_EQ(only<RunCall>(s.on(CallEnded{worker, CallId{2}}, at(11))).worker, worker);
}

TEST(Scheduler, ABurstStartsAWorkerForEachCallUpToTheFunctionsLimit) {
    Scheduler s({});
    const Limits two{.workers_max = 2};
    only<StartWorker>(s.on(call(1, kA, two), at(0)));
    only<StartWorker>(s.on(call(2, kA, two), at(0)));
    EXPECT_TRUE(s.on(call(3, kA, two), at(0)).empty());
    EXPECT_EQ(s.hold(kA), Hold::function_limit);
}

TEST(Scheduler, TheHousesMemoryIsNeverGivenTwice) {
    Scheduler s({.memory_mb_max = 1000});
    only<StartWorker>(s.on(call(1, kA, {.memory_mb = 600}), at(0)));
    EXPECT_TRUE(s.on(call(2, kA, {.memory_mb = 600}), at(0)).empty());
    EXPECT_EQ(s.hold(kA), Hold::house_full);
    EXPECT_EQ(s.counts().memory_mb, 600);
}

TEST(Scheduler, AFunctionTooBigForTheHouseIsToldSo) {
    Scheduler s({.memory_mb_max = 1000});
    EXPECT_EQ(only<Refuse>(s.on(call(1, kA, {.memory_mb = 1001}), at(0))).why, Why::too_big);
}

TEST(Scheduler, ACallTooManyIsRefusedWithTheReasonTheOthersWait) {
    Scheduler s({.waiting_max = 1});
    const Limits one{.workers_max = 1};
    const auto worker = only<StartWorker>(s.on(call(1, kA, one), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    EXPECT_TRUE(s.on(call(2, kA, one), at(2)).empty());
    const auto refused = only<Refuse>(s.on(call(3, kA, one), at(3)));
    EXPECT_EQ(refused.why, Why::full);
    EXPECT_EQ(refused.hold, Hold::function_limit);
}

TEST(Scheduler, InAFullHouseTheLongestIdleWorkerGivesWayAndIsWaitedFor) {
    Scheduler s({.workers_max = 2});
    const auto oldest = warm_up(s, kA, 1, 0);
    warm_up(s, FunctionId{9}, 2, 5);
    EXPECT_EQ(only<StopWorker>(s.on(call(3, kB), at(10))).worker, oldest);
    EXPECT_EQ(s.counts().stopping, 1);
    EXPECT_EQ(only<StartWorker>(s.on(WorkerGone{oldest}, at(20))).function, kB);
}

TEST(Scheduler, APlaceReservedForACallThatNoLongerWaitsGoesToTheNext) {
    Scheduler s({.workers_max = 1});
    const auto old = warm_up(s, kA, 1, 0);
    only<StopWorker>(s.on(call(2, kB, {}, at(15)), at(10)));
    EXPECT_TRUE(s.on(call(3, kA), at(11)).empty());
    const auto orders = s.on(WorkerGone{old}, at(20));
    EXPECT_EQ(all<Refuse>(orders).at(0).why, Why::late);
    EXPECT_EQ(all<StartWorker>(orders).at(0).function, kA);
}

TEST(Scheduler, ABusyFunctionHandsAWorkerOverWhenAnotherHasWaitedForATurn) {
    Scheduler s({.workers_max = 1, .turn = Millis{100}});
    const auto worker = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{worker}, at(0));
    for (std::uint64_t n = 2; n <= 5; ++n) s.on(call(n), at(1));
    s.on(call(10, kB), at(50));
    EXPECT_EQ(only<RunCall>(s.on(CallEnded{worker, CallId{1}}, at(149))).call, CallId{2});
    EXPECT_EQ(only<StopWorker>(s.on(CallEnded{worker, CallId{2}}, at(150))).worker, worker);
    EXPECT_EQ(only<StartWorker>(s.on(WorkerGone{worker}, at(160))).function, kB)
        << "kA was given a place later, though its calls are older";
}

TEST(Scheduler, AnIdleWorkerIsStoppedAfterItsKeepTime) {
    Scheduler s({.idle_keep = kept(Millis{500}), .freeze_after = Millis{500}});
    const auto worker = warm_up(s, kA, 1, 20);
    EXPECT_EQ(s.next_tick(), at(520));
    EXPECT_TRUE(s.on(Tick{}, at(519)).empty());
    EXPECT_EQ(only<StopWorker>(s.on(Tick{}, at(520))).worker, worker);
    EXPECT_EQ(s.next_tick(), Time::max());
}

TEST(Scheduler, AnIdleWorkerIsFrozenOnceUntilItsNextCall) {
    Scheduler s({.freeze_after = Millis{50}});
    const auto worker = warm_up(s, kA, 1, 20);
    EXPECT_EQ(s.next_tick(), at(70));
    EXPECT_EQ(only<FreezeWorker>(s.on(Tick{}, at(70))).worker, worker);
    EXPECT_TRUE(s.on(Tick{}, at(200)).empty());
    EXPECT_EQ(only<RunCall>(s.on(call(2), at(300))).worker, worker);
    EXPECT_TRUE(s.on(Tick{}, at(400)).empty());
    s.on(CallEnded{worker, CallId{2}}, at(500));
    EXPECT_EQ(only<FreezeWorker>(s.on(Tick{}, at(550))).worker, worker);
}

TEST(Scheduler, AFrozenWorkerIsPagedOutOnceUntilItsNextCall) {
    Scheduler s({.freeze_after = Millis{50}, .page_out_after = Millis{200}});
    const auto worker = warm_up(s, kA, 1, 20);
    EXPECT_EQ(only<FreezeWorker>(s.on(Tick{}, at(70))).worker, worker);
    EXPECT_EQ(s.next_tick(), at(220));
    EXPECT_TRUE(s.on(Tick{}, at(219)).empty());
    EXPECT_EQ(only<PageOutWorker>(s.on(Tick{}, at(220))).worker, worker);
    EXPECT_TRUE(s.on(Tick{}, at(400)).empty());
    EXPECT_EQ(only<RunCall>(s.on(call(2), at(500))).worker, worker);
    s.on(CallEnded{worker, CallId{2}}, at(600));
    EXPECT_EQ(only<FreezeWorker>(s.on(Tick{}, at(650))).worker, worker);
    EXPECT_EQ(only<PageOutWorker>(s.on(Tick{}, at(800))).worker, worker);
}

TEST(Scheduler, AWorkerIsKeptForTheUsualPauseOfItsFunctionThoughItWasGoneMeanwhile) {
    Scheduler s({.freeze_after = Seconds{3600}});
    const auto first = warm_up(s, kA, 1, 0);
    EXPECT_EQ(s.next_tick(), Time{Seconds{60}});
    s.on(Tick{}, Time{Seconds{60}});
    s.on(WorkerGone{first}, Time{Seconds{61}});
    const auto start = only<StartWorker>(
        s.on(CallArrived{CallId{2}, kA, Time{Seconds{200}}, {}}, Time{Seconds{100}}));
    s.on(WorkerReady{start.worker}, Time{Seconds{100}});
    s.on(CallEnded{start.worker, CallId{2}}, Time{Seconds{100}});
    EXPECT_EQ(s.next_tick(), Time{Seconds{340}});  // its calls pause for 100 s
}

TEST(Scheduler, WhenMemoryIsShortTheLongestIdleGoFirst) {
    Scheduler s({});
    const auto first = warm_up(s, kA, 1, 0);
    const auto second = warm_up(s, kB, 2, 10);
    EXPECT_EQ(only<StopWorker>(s.on(MemoryShort{}, at(20))).worker, first);
    EXPECT_EQ(only<StopWorker>(s.on(MemoryShort{}, at(30))).worker, second);
    EXPECT_TRUE(s.on(MemoryShort{}, at(40)).empty());
}

TEST(Scheduler, AStoppingWorkerCountsUntilItIsGone) {
    Scheduler s({.idle_keep = kept(Millis{500}), .freeze_after = Millis{500}});
    const auto worker = warm_up(s, kA, 1, 0);
    s.on(Tick{}, at(500));
    EXPECT_EQ(s.counts().memory_mb, 128);
    s.on(WorkerGone{worker}, at(501));
    EXPECT_EQ(s.counts().memory_mb, 0);
}

TEST(Scheduler, ACallWhoseWorkerDiesIsLost) {
    Scheduler s({});
    const auto worker = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    EXPECT_EQ(only<Refuse>(s.on(WorkerGone{worker}, at(2))).why, Why::lost);
}

TEST(Scheduler, ACallSaidToHaveEndedIsNotLostWithItsWorker) {
    Scheduler s({});
    const auto worker = warm_up(s, kA, 1, 0);
    EXPECT_TRUE(s.on(WorkerGone{worker}, at(2)).empty());
    EXPECT_EQ(s.next_tick(), Time::max());
}

TEST(Scheduler, ADoomedWorkerTakesNoMoreCalls) {
    Scheduler s({});
    const Limits two{.concurrency = 2};
    const auto worker = only<StartWorker>(s.on(call(1, kA, two), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    s.on(WorkerDoomed{worker}, at(2));
    EXPECT_NE(only<StartWorker>(s.on(call(2, kA, two), at(3))).worker, worker);
    EXPECT_EQ(only<Refuse>(s.on(WorkerGone{worker}, at(4))).call, CallId{1});
}

TEST(Scheduler, AFunctionWhoseWorkersNeverStartRefusesOneCallForEachAndThenRests) {
    Scheduler s({});
    const Limits one{.workers_max = 1};
    auto worker = only<StartWorker>(s.on(call(1, kA, one), at(0))).worker;
    s.on(call(2, kA, one), at(1));
    const auto orders = s.on(WorkerGone{worker}, at(2));
    EXPECT_EQ(all<Refuse>(orders).at(0).call, CallId{1});
    EXPECT_EQ(all<Refuse>(orders).at(0).why, Why::start_failed);
    worker = all<StartWorker>(orders).at(0).worker;
    EXPECT_EQ(only<Refuse>(s.on(WorkerGone{worker}, at(3))).call, CallId{2});
    EXPECT_EQ(s.next_tick(), Time::max());
}

TEST(Scheduler, ACallThatAnotherStartingWorkerCoversIsNotRefusedWhenOneFails) {
    Scheduler s({});
    const auto busy = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{busy}, at(1));
    const auto second = only<StartWorker>(s.on(call(2), at(2))).worker;
    s.on(CallEnded{busy, CallId{1}},
         at(3));  // runs call 2; `second` is on its way with no one waiting
    EXPECT_TRUE(s.on(call(3), at(4)).empty());
    s.on(call(4), at(4));
    EXPECT_EQ(only<Refuse>(s.on(WorkerGone{second}, at(5))).call, CallId{3});
}

TEST(Scheduler, ARetiredFunctionsIdleWorkersStopAtOnceAndBusyOnesAfterTheirWaitingCalls) {
    Scheduler s({});
    const Limits two{.workers_max = 2};
    const auto busy = only<StartWorker>(s.on(call(1, kA, two), at(0))).worker;
    const auto idle = only<StartWorker>(s.on(call(2, kA, two), at(0))).worker;
    s.on(WorkerReady{busy}, at(1));
    s.on(WorkerReady{idle}, at(1));
    s.on(CallEnded{idle, CallId{2}}, at(2));
    EXPECT_EQ(only<StopWorker>(s.on(FunctionRetired{kA}, at(3))).worker, idle);
    EXPECT_TRUE(s.on(call(3, kA, two), at(4)).empty());
    EXPECT_EQ(only<RunCall>(s.on(CallEnded{busy, CallId{1}}, at(5))).call, CallId{3});
    EXPECT_EQ(only<StopWorker>(s.on(CallEnded{busy, CallId{3}}, at(6))).worker, busy);
}

TEST(Scheduler, FactsThatCrossedAStopOrderAreIgnored) {
    Scheduler s({.idle_keep = kept(Millis{10}), .freeze_after = Millis{20}});
    const auto worker = warm_up(s, kA, 1, 0);
    s.on(Tick{}, at(10));
    EXPECT_TRUE(s.on(CallEnded{worker, CallId{1}}, at(11)).empty());
    EXPECT_TRUE(s.on(WorkerReady{worker}, at(11)).empty());
    EXPECT_TRUE(s.on(WorkerGone{worker}, at(12)).empty());
    EXPECT_TRUE(s.on(WorkerGone{worker}, at(12)).empty());
}

// ---- Rule (8) ----

// A scheduler whose kA has had one call of `run` on its one worker, which now runs call 2.
WorkerId with_a_crew_of_one(Scheduler& s, Micros run) {
    const auto start = only<StartWorker>(s.on(call(1), at(0)));
    s.on(WorkerReady{start.worker}, at(0));
    s.on(CallEnded{start.worker, CallId{1}}, at(0) + run);
    s.on(call(2), at(10));
    return start.worker;
}

TEST(Scheduler, AShortCallWaitsForOneOfItsCrew) {
    Scheduler s({.crew = 1});
    const auto worker = with_a_crew_of_one(s, Micros{100});
    EXPECT_TRUE(s.on(call(3), at(10)).empty());
    EXPECT_EQ(s.hold(kA), Hold::soon);
    const auto run = only<RunCall>(s.on(CallEnded{worker, CallId{2}}, at(11)));
    EXPECT_EQ(run.call, CallId{3});
    EXPECT_EQ(run.start, Start::warm);
}

TEST(Scheduler, WhatIsKnownOfAFunctionIsKnownWhenItsLastWorkerIsGone) {
    Scheduler s({});
    const auto start = only<StartWorker>(s.on(call(1), at(0)));
    s.on(WorkerReady{start.worker}, at(5));
    s.on(CallEnded{start.worker, CallId{1}}, at(6));
    s.on(call(2), at(10));
    s.on(CallEnded{start.worker, CallId{2}}, at(11));
    ASSERT_TRUE(s.on(WorkerGone{start.worker}, at(20)).empty());
    EXPECT_EQ(s.workers(kA), 0);
    EXPECT_TRUE(s.remembers(kA));
    std::size_t started = 0;
    for (std::uint64_t n = 3; n < 35; ++n)
        started += all<StartWorker>(s.on(call(n), at(30))).size();
    EXPECT_LE(started, 3u) << "they are short, and wait for a crew";
}

TEST(Scheduler, ACrowdOfShortCallsThatWantCoresOnlyShrinksToItsCrew) {
    Scheduler s({.crew = 2});
    std::vector<WorkerId> crowd;
    for (std::uint64_t n = 1; n <= 6; ++n)
        crowd.push_back(only<StartWorker>(s.on(call(n), at(0))).worker);
    for (const auto worker : crowd) s.on(WorkerReady{worker}, at(1));
    std::uint64_t n = 1;
    for (const auto worker : crowd) s.on(CallEnded{worker, CallId{n++}}, at(20));
    std::vector<RunCall> runs;
    for (n = 7; n <= 12; ++n) runs.push_back(only<RunCall>(s.on(call(n), at(21))));
    std::size_t stopped = 0;
    for (const auto& run : runs) {
        const CallEnded ended{run.worker, run.call, Micros{50}, Micros{50}};
        stopped += all<StopWorker>(s.on(ended, at(21) + Micros{50})).size();
    }
    EXPECT_EQ(stopped, 4u);
    EXPECT_EQ(s.counts().idle, 2);
}

TEST(Scheduler, PatienceEndsWithAWorkerOfItsOwn) {
    Scheduler s({.crew = 1, .patience = Millis{2}});
    with_a_crew_of_one(s, Micros{100});
    s.on(call(3), at(10));
    EXPECT_EQ(s.next_tick(), at(12));
    EXPECT_EQ(only<StartWorker>(s.on(Tick{}, at(12))).function, kA);
}

TEST(Scheduler, ALongCallHasAWorkerOfItsOwnAtOnce) {
    Scheduler s({.crew = 1, .quick = Micros{500}, .linger = Millis{4}});
    with_a_crew_of_one(s, Millis{9});
    EXPECT_EQ(only<StartWorker>(s.on(call(3), at(10))).function, kA);
}

TEST(Scheduler, NobodyIsPatientOnceACrewMemberIsLost) {
    Scheduler s({.crew = 1});
    const auto worker = with_a_crew_of_one(s, Micros{100});
    s.on(call(3), at(10));
    const auto orders = s.on(WorkerGone{worker}, at(11));
    EXPECT_EQ(all<Refuse>(orders).at(0).call, CallId{2});
    EXPECT_EQ(all<StartWorker>(orders).size(), 1u);
}

CallArrived recallable(std::uint64_t n) {
    auto c = call(n);
    c.recallable = true;
    return c;
}

TEST(Scheduler, AShortCallIsSentAheadAndBeginsWhenTheOneBeforeItEnds) {
    Scheduler s({.crew = 1, .ahead = 2});
    const auto worker = with_a_crew_of_one(s, Micros{100});
    const auto ahead = only<RunCall>(s.on(recallable(3), at(10)));
    EXPECT_EQ(ahead.worker, worker);
    EXPECT_TRUE(ahead.ahead);
    EXPECT_EQ(only<RunCall>(s.on(recallable(4), at(10))).worker, worker);
    EXPECT_TRUE(s.on(recallable(5), at(10)).empty());  // two to each
    const auto next = only<RunCall>(s.on(CallEnded{worker, CallId{2}}, at(10) + Micros{100}));
    EXPECT_EQ(next.call, CallId{5});
    EXPECT_TRUE(next.ahead);
}

TEST(Scheduler, WhatWasSentAheadIsTakenBackInTimeAndServedElsewhere) {
    Scheduler s({.crew = 1, .patience = Millis{2}});
    const auto worker = with_a_crew_of_one(s, Micros{100});
    s.on(recallable(3), at(10));
    EXPECT_EQ(only<TakeBack>(s.on(Tick{}, at(12))).call, CallId{3});
    const auto start = only<StartWorker>(s.on(CallTakenBack{worker, CallId{3}}, at(12)));
    EXPECT_EQ(only<RunCall>(s.on(WorkerReady{start.worker}, at(20))).call, CallId{3});
}

TEST(Scheduler, WhatADoomedWorkerHadNotBegunIsServedElsewhere) {
    Scheduler s({});
    const auto worker = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    EXPECT_TRUE(s.on(CallTakenBack{worker, CallId{1}}, at(2)).empty());  // it may have begun
    s.on(WorkerDoomed{worker}, at(2));
    const auto start = only<StartWorker>(s.on(CallTakenBack{worker, CallId{1}}, at(2)));
    EXPECT_TRUE(s.on(WorkerGone{worker}, at(3)).empty());
    EXPECT_EQ(only<RunCall>(s.on(WorkerReady{start.worker}, at(4))).call, CallId{1});
}

TEST(Scheduler, WhatWasSentAheadAndHasPerhapsBegunIsLostWithItsWorker) {
    Scheduler s({.crew = 1});
    const auto worker = with_a_crew_of_one(s, Micros{100});
    s.on(recallable(3), at(10));
    EXPECT_EQ(all<Refuse>(s.on(WorkerGone{worker}, at(11))).size(), 2u);
}

TEST(Scheduler, EveryReasonHasItsWords) {
    for (auto why : {Why::full, Why::late, Why::lost, Why::start_failed, Why::too_big,
                     Why::tenant_full, Why::none_allowed}) {
        EXPECT_FALSE(to_text(why).empty());
    }
    for (auto hold : {Hold::nothing, Hold::soon, Hold::starting, Hold::function_limit,
                      Hold::account_limit, Hold::house_full}) {
        EXPECT_FALSE(to_text(hold).empty());
    }
}

TEST(Scheduler, ACallThatIsWithdrawnWhileItWaitsIsRefusedAndTheNextRuns) {
    Scheduler s({.workers_max = 1});
    const auto worker = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    s.on(call(2), at(2));
    s.on(call(3), at(3));
    const auto refused = only<Refuse>(s.on(CallWithdrawn{CallId{2}, kA}, at(4)));
    EXPECT_EQ(refused.call, CallId{2});
    EXPECT_EQ(refused.why, Why::withdrawn);
    EXPECT_EQ(refused.hold, Hold::house_full);
    EXPECT_EQ(only<RunCall>(s.on(CallEnded{worker, CallId{1}}, at(5))).call, CallId{3});
    EXPECT_TRUE(s.on(CallWithdrawn{CallId{3}, kA}, at(6)).empty()) << "it runs";
    EXPECT_TRUE(s.on(CallWithdrawn{CallId{9}, kB}, at(6)).empty()) << "nobody knows it";
}

}  // namespace
}  // namespace mayfly::sched
