// What the scheduler's tests share.
#pragma once

#include "sched/scheduler.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace mayfly::sched {

inline Time at(int ms) { return Time{Millis{ms}}; }

inline constexpr FunctionId kA{7}, kB{8};

inline CallArrived call(std::uint64_t n, FunctionId f = kA, Limits limits = {},
                        Time deadline = at(60'000)) {
    return {CallId{n}, f, deadline, limits};
}

template <class T>
T only(const std::vector<Order>& orders) {
    EXPECT_EQ(orders.size(), 1u);
    if (orders.size() != 1 || !std::holds_alternative<T>(orders.front())) {
        ADD_FAILURE() << "expected one order of another kind";
        return T{};
    }
    return std::get<T>(orders.front());
}

template <class T>
std::vector<T> all(const std::vector<Order>& orders) {
    std::vector<T> found;
    for (const auto& order : orders) {
        if (const auto o = std::get_if<T>(&order)) found.push_back(*o);
    }
    return found;
}

inline Keep kept(Micros time) { return {.least = time, .usual = time, .most = time}; }

// A scheduler whose function kA has one idle worker, at time `t`.
inline WorkerId warm_up(Scheduler& s, FunctionId f, std::uint64_t n, int ms, Limits limits = {}) {
    const auto start = only<StartWorker>(s.on(call(n, f, limits), at(ms)));
    EXPECT_EQ(only<RunCall>(s.on(WorkerReady{start.worker}, at(ms))).call, CallId{n});
    s.on(CallEnded{start.worker, CallId{n}}, at(ms));
    return start.worker;
}

}  // namespace mayfly::sched
