#include "sched_speed.hpp"

#include "base/check.hpp"
#include "base/rng.hpp"
#include "sched/scheduler.hpp"

#include <fmt/format.h>

#include <deque>
#include <functional>
#include <vector>

namespace mayfly::sim {
namespace {

using namespace mayfly::sched;

// Two calls for each function are always running; when one ends another arrives, for any function.
double orders_a_second(std::uint64_t functions, long calls) {
    Scheduler scheduler({.workers_max = static_cast<int>(functions * 4), .memory_mb_max = 1 << 30});
    SeededRng rng(1);
    std::deque<CallEnded> running;
    std::uint64_t next = 1;
    long count = 0;
    Time now{};
    const std::function<void(const Fact&)> on = [&](const Fact& fact) {
        std::vector<Order> orders;
        scheduler.on(fact, now += Micros{1}, orders);
        count += std::ssize(orders);
        for (const auto& order : orders) {
            if (const auto run = std::get_if<RunCall>(&order)) {
                running.push_back({run->worker, run->call});
            } else if (const auto start = std::get_if<StartWorker>(&order)) {
                on(WorkerReady{start->worker});
            } else if (const auto stop = std::get_if<StopWorker>(&order)) {
                on(WorkerGone{stop->worker});
            }
        }
    };
    const auto arrive = [&](std::uint64_t function) {
        on(CallArrived{CallId{next++}, FunctionId{function}, now + Seconds{10}, {}});
    };
    const SystemClock clock;
    for (std::uint64_t f = 0; f < functions; ++f) arrive(f), arrive(f);
    count = 0;
    const auto start = clock.now();
    for (long i = 0; i < calls; ++i) {
        CHECK(!running.empty());
        const auto ended = running.front();
        running.pop_front();
        on(ended);
        arrive(rng.next() % functions);
    }
    const std::chrono::duration<double> took = clock.now() - start;
    return static_cast<double>(count) / took.count();
}

}  // namespace

void measure_speed() {
    for (const std::uint64_t functions : {1u, 100u, 1'000u, 10'000u}) {
        fmt::print("{:>6} functions: {:>10.0f} orders/s\n", functions,
                   orders_a_second(functions, 1'000'000));
    }
}

}  // namespace mayfly::sim
