#include "sched/scheduler_for_tests.hpp"

#include <functional>
#include <map>
#include <queue>
#include <utility>

namespace mayfly::sched {
namespace {

// ---- Rule (4): shares ----

CallArrived of(std::uint64_t tenant, std::uint64_t n, FunctionId f, int weight = 1,
               int workers_max = 100) {
    auto c = call(n, f);
    c.tenant = {TenantId{tenant}, weight, workers_max};
    return c;
}

// Two tenants flood a house of ten workers with calls of 10 ms; one began a second before. Returns
// the workers that each has had, on average, from the third second on.
std::pair<double, double> flood(int weight_a, int weight_b) {
    Scheduler s({.workers_max = 10});
    struct Running {
        Time ends;
        WorkerId worker;
        CallId call;
        bool operator<(const Running& o) const { return ends > o.ends; }
    };
    std::priority_queue<Running> running;
    std::map<WorkerId, FunctionId> function_of;
    std::uint64_t next = 1;
    double sums[2] = {};
    Time now{};
    const std::function<void(const Fact&)> tell = [&](const Fact& fact) {
        for (const auto& order : s.on(fact, now)) {
            if (const auto* run = std::get_if<RunCall>(&order)) {
                running.push({now + Millis{10}, run->worker, run->call});
            } else if (const auto* start = std::get_if<StartWorker>(&order)) {
                function_of[start->worker] = start->function;
                tell(WorkerReady{start->worker});
            } else if (const auto* stop = std::get_if<StopWorker>(&order)) {
                tell(WorkerGone{stop->worker});
            }
        }
    };
    const auto arrive = [&](FunctionId f) {
        auto c = f == kA ? of(1, next, kA, weight_a) : of(2, next, kB, weight_b);
        ++next;
        c.deadline = now + Seconds{60};
        tell(c);
    };
    for (int i = 0; i < 100; ++i) arrive(kA);
    bool second = false;
    while (now < Time{Seconds{6}}) {
        const auto ended = running.top();
        running.pop();
        now = ended.ends;
        const auto f = function_of.at(ended.worker);
        if (now >= Time{Seconds{3}}) sums[f == kB] += 0.01 / 3;
        if (now >= Time{Seconds{1}} && !std::exchange(second, true))
            for (int i = 0; i < 100; ++i) arrive(kB);
        tell(CallEnded{ended.worker, ended.call});
        arrive(f);
    }
    return {sums[0], sums[1]};
}

TEST(Scheduler, TwoTenantsThatFloodShareTheHouseByTheirWeights) {
    const auto [a, b] = flood(1, 1);
    EXPECT_NEAR(a, 5, 0.3);
    EXPECT_NEAR(b, 5, 0.3);
    const auto [much, little] = flood(4, 1);
    EXPECT_NEAR(much, 8, 0.3);
    EXPECT_NEAR(little, 2, 0.3);
}

TEST(Scheduler, ATenantWithLittleIsServedBeforeAFloodThatCameFirst) {
    Scheduler s({.workers_max = 2, .turn = Seconds{10}});
    std::vector<WorkerId> busy;
    for (std::uint64_t n = 1; n <= 2; ++n)
        busy.push_back(only<StartWorker>(s.on(of(1, n, kA), at(0))).worker);
    for (const auto worker : busy) s.on(WorkerReady{worker}, at(0));
    for (std::uint64_t n = 3; n <= 50; ++n) s.on(of(1, n, kA), at(1));
    s.on(of(2, 100, kB), at(2));
    EXPECT_EQ(only<StopWorker>(s.on(CallEnded{busy[0], CallId{1}}, at(3))).worker, busy[0]);
    EXPECT_EQ(only<StartWorker>(s.on(WorkerGone{busy[0]}, at(4))).function, kB);
}

TEST(Scheduler, ATenantAtItsLimitWaitsThoughTheHouseHasRoom) {
    Scheduler s({});
    only<StartWorker>(s.on(of(1, 1, kA, 1, 1), at(0)));
    EXPECT_TRUE(s.on(of(1, 2, kB, 1, 1), at(0)).empty());
    EXPECT_EQ(s.hold(kB), Hold::account_limit);
    only<StartWorker>(s.on(of(2, 3, FunctionId{9}), at(0)));
}

TEST(Scheduler, ATenantAtItsLimitMakesRoomOfItsOwn) {
    Scheduler s({});
    const auto worker = only<StartWorker>(s.on(of(1, 1, kA, 1, 1), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    s.on(CallEnded{worker, CallId{1}}, at(2));
    EXPECT_EQ(only<StopWorker>(s.on(of(1, 2, kB, 1, 1), at(3))).worker, worker);
    EXPECT_EQ(only<StartWorker>(s.on(WorkerGone{worker}, at(4))).function, kB);
}

TEST(Scheduler, ATenantsCallsTooManyAreRefusedWithTheReason) {
    Scheduler s({.tenant_waiting_max = 2});
    const Limits one{.workers_max = 1};
    s.on(call(1, kA, one), at(0));
    s.on(call(2, kA, one), at(0));
    EXPECT_EQ(only<Refuse>(s.on(call(3, kB, one), at(0))).why, Why::tenant_full);
}

TEST(Scheduler, AFunctionThatMayHaveNoWorkerIsToldSo) {
    Scheduler s({});
    EXPECT_EQ(only<Refuse>(s.on(call(1, kA, {.workers_max = 0}), at(0))).why, Why::none_allowed);
    EXPECT_EQ(s.next_tick(), Time::max());
}

// ---- Rule (9) ----

TEST(Scheduler, TheBackgroundYieldsToThoseWhoWait) {
    Scheduler s({.workers_max = 1});
    const auto worker = only<StartWorker>(s.on(call(1), at(0))).worker;
    s.on(WorkerReady{worker}, at(1));
    auto background = call(2);
    background.background = true;
    s.on(background, at(2));
    s.on(call(3), at(3));
    EXPECT_EQ(only<RunCall>(s.on(CallEnded{worker, CallId{1}}, at(4))).call, CallId{3});
    EXPECT_EQ(only<RunCall>(s.on(CallEnded{worker, CallId{3}}, at(5))).call, CallId{2});
}

}  // namespace
}  // namespace mayfly::sched
