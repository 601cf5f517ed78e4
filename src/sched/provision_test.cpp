#include "sched/scheduler_for_tests.hpp"

namespace mayfly::sched {
namespace {

// ---- Rule (10) ----

TEST(Scheduler, ProvisionedWorkersStartWithoutACallAndStay) {
    Scheduler s({.idle_keep = kept(Millis{10}), .freeze_after = Millis{5}});
    const auto starts = all<StartWorker>(s.on(ProvisionSet{kA, {}, {}, 2}, at(0)));
    ASSERT_EQ(starts.size(), 2u);
    for (const auto& start : starts) s.on(WorkerReady{start.worker}, at(1));
    EXPECT_EQ(all<FreezeWorker>(s.on(Tick{}, at(6))).size(), 2u);
    EXPECT_EQ(s.next_tick(), Time::max());
    EXPECT_TRUE(s.on(MemoryShort{}, at(7)).empty());
    EXPECT_EQ(only<RunCall>(s.on(call(1), at(8))).start, Start::warm);
    EXPECT_EQ(s.counts().provisioned, 2);
}

TEST(Scheduler, ProvisionedWorkersComeBesideThoseOfTheFunctionsOwnLimit) {
    Scheduler s({});
    const Limits none{.workers_max = 0};
    const auto start = only<StartWorker>(s.on(ProvisionSet{kA, none, {}, 1}, at(0)));
    s.on(WorkerReady{start.worker}, at(1));
    only<RunCall>(s.on(call(1, kA, none), at(2)));
    EXPECT_TRUE(s.on(call(2, kA, none), at(3)).empty());
    EXPECT_EQ(s.hold(kA), Hold::function_limit);
    EXPECT_EQ(only<StartWorker>(s.on(call(3, kA, {.workers_max = 1}), at(4))).function, kA);
}

TEST(Scheduler, WhatIsNoLongerProvisionedEndsAsAnyOther) {
    Scheduler s({.idle_keep = kept(Millis{10}), .freeze_after = Millis{50}});
    const auto worker = only<StartWorker>(s.on(ProvisionSet{kA, {}, {}, 1}, at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    EXPECT_TRUE(s.on(ProvisionSet{kA, {}, {}, 0}, at(40)).empty());
    EXPECT_EQ(only<StopWorker>(s.on(Tick{}, at(50))).worker, worker);
}

TEST(Scheduler, AProvisionedWorkerIsPagedOutOnlyOnceItIsNotAnyMore) {
    Scheduler s({.freeze_after = Millis{50}, .page_out_after = Millis{200}});
    const auto worker = only<StartWorker>(s.on(ProvisionSet{kA, {}, {}, 1}, at(0))).worker;
    s.on(WorkerReady{worker}, at(10));
    EXPECT_EQ(only<FreezeWorker>(s.on(Tick{}, at(60))).worker, worker);
    EXPECT_TRUE(s.on(Tick{}, at(1000)).empty());
    EXPECT_TRUE(s.on(ProvisionSet{kA, {}, {}, 0}, at(1000)).empty());
    EXPECT_EQ(only<PageOutWorker>(s.on(Tick{}, at(1200))).worker, worker);
}

TEST(Scheduler, AProvisionedWorkerThatFailsIsTriedAgainMoreAndMoreSeldom) {
    Scheduler s({});
    auto worker = only<StartWorker>(s.on(ProvisionSet{kA, {}, {}, 1}, at(0))).worker;
    EXPECT_TRUE(s.on(WorkerGone{worker}, at(10)).empty());
    EXPECT_EQ(s.next_tick(), at(1010));
    worker = only<StartWorker>(s.on(Tick{}, at(1010))).worker;
    s.on(WorkerReady{worker}, at(1020));
    EXPECT_TRUE(s.on(WorkerGone{worker}, at(1030)).empty());
    EXPECT_EQ(s.next_tick(), at(3030));
}

TEST(Scheduler, NoMoreIsProvisionedThanTheHouseHas) {
    Scheduler s({.workers_max = 4});
    EXPECT_EQ(all<StartWorker>(s.on(ProvisionSet{kA, {}, {}, 3}, at(0))).size(), 3u);
    EXPECT_EQ(s.provisionable(kB, 128), 1);
    EXPECT_EQ(all<StartWorker>(s.on(ProvisionSet{kB, {}, {}, 3}, at(0))).size(), 1u);
}

TEST(Scheduler, WhatIsProvisionedTakesThePlaceOfABusyWorkerAfterATurn) {
    Scheduler s({.workers_max = 1, .turn = Millis{100}});
    const auto busy = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{busy}, at(0));
    s.on(call(2), at(1));
    EXPECT_TRUE(s.on(ProvisionSet{kB, {}, {}, 1}, at(2)).empty());
    EXPECT_EQ(only<StopWorker>(s.on(CallEnded{busy, CallId{1}}, at(102))).worker, busy);
    EXPECT_EQ(only<StartWorker>(s.on(WorkerGone{busy}, at(103))).function, kB);
}

// ---- Rule (11) ----

TEST(Scheduler, AWorkerForOneCallStopsAfterIt) {
    Scheduler s({});
    const Limits one{.one_call = true};
    const auto worker = only<StartWorker>(s.on(call(1, kA, one), at(0))).worker;
    only<RunCall>(s.on(WorkerReady{worker}, at(1)));
    const auto second = only<StartWorker>(s.on(call(2, kA, one), at(2))).worker;
    EXPECT_EQ(only<StopWorker>(s.on(CallEnded{worker, CallId{1}}, at(3))).worker, worker);
    EXPECT_EQ(only<RunCall>(s.on(WorkerReady{second}, at(4))).call, CallId{2});
    EXPECT_EQ(s.counts().idle, 0);
}

TEST(Scheduler, OfTheProvisionedOnesEachIsReplacedWhenItsOneCallEnds) {
    Scheduler s({});
    const Limits one{.one_call = true};
    const auto first = only<StartWorker>(s.on(ProvisionSet{kA, one, {}, 1}, at(0))).worker;
    s.on(WorkerReady{first}, at(1));
    EXPECT_EQ(only<RunCall>(s.on(call(1, kA, one), at(2))).start, Start::warm);
    const auto orders = s.on(CallEnded{first, CallId{1}}, at(3));
    EXPECT_EQ(all<StopWorker>(orders).at(0).worker, first);
    EXPECT_EQ(all<StartWorker>(orders).size(), 1u);
}

TEST(Scheduler, NothingIsSentAheadToAWorkerForOneCall) {
    Scheduler s({.crew = 1, .quick = Millis{10}});
    const Limits one{.one_call = true};
    for (std::uint64_t n = 1; n <= 20; ++n) {
        const auto worker = all<StartWorker>(s.on(call(n, kA, one), at(0))).at(0).worker;
        s.on(WorkerReady{worker}, at(0));
        s.on(CallEnded{worker, CallId{n}}, at(0));
    }
    s.on(WorkerReady{all<StartWorker>(s.on(call(21, kA, one), at(1))).at(0).worker}, at(1));
    EXPECT_EQ(all<StartWorker>(s.on(call(22, kA, one, at(60'000)), at(1))).size(), 1u);
}

}  // namespace
}  // namespace mayfly::sched
