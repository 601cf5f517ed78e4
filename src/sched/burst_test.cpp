// A burst on a machine whose cores are shared by calls and starts: rule (2).
#include "sched/scheduler_for_tests.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace mayfly::sched {
namespace {

// Two cores that all who want them share evenly, in steps of 50 us, and that `others` of the
// machine take part of. A call takes the cores for `call_cpu` and waits for something else until
// `call_wait` is over, a start takes them for `start_cpu`.
struct Machine {
    Micros call_cpu{250}, call_wait{1000}, start_cpu{5000};
    int others = 0;  // percent of both cores

    struct Task {
        Micros cpu;       // still wanted
        Time not_before;  // the rest of a call: it waits meanwhile
        WorkerId worker;
        CallId call;  // of a start: none
    };

    Machine(Options options) : scheduler(options) {}

    // The time that each call took, in the order of arrival, of an even rate of calls a second.
    std::vector<double> run(double rate, Seconds length) {
        const auto first = next_call;
        const auto begin = now;
        for (; now < begin + length || !tasks.empty(); now += Micros{50}) {
            const auto due =
                first +
                static_cast<std::uint64_t>(
                    std::chrono::duration<double>(std::min<Micros>(now - begin, length)).count() *
                    rate);
            for (; next_call < due; ++next_call) {
                came[next_call] = now;
                auto c = call(next_call, kA);
                c.deadline = now + Seconds{60};
                tell(c);
            }
            pass(Micros{50});
        }
        std::vector<double> took;
        for (auto n = first; n < next_call; ++n)
            took.push_back(
                std::chrono::duration<double, std::milli>(ended.at(n) - came.at(n)).count());
        return took;
    }

    void pass(Micros step) {
        const auto wants =
            std::ranges::count_if(tasks, [&](const Task& t) { return t.cpu > Micros{0}; });
        const Micros left = step * 2 * (100 - others) / 100;
        const Micros each = std::min(step, left / std::max<std::int64_t>(wants, 1));
        used += step * 2 - left + each * wants;
        if (now >= looked + Millis{100}) {
            tell(CoresBusy{used * 5 > 2 * (now - looked) * 4});
            used = Micros{0};
            looked = now;
        }
        std::vector<Task> done;
        std::erase_if(tasks, [&](Task& t) {
            if (t.cpu > Micros{0}) t.cpu -= std::max(each, Micros{1});
            const bool over = t.cpu <= Micros{0} && now + step >= t.not_before;
            if (over) done.push_back(t);
            return over;
        });
        if (scheduler.next_tick() <= now + step) tell(Tick{});
        for (const auto& t : done) {
            if (t.call == CallId{}) {
                tell(WorkerReady{t.worker});
            } else {
                ended[t.call.n] = now + step;
                tell(CallEnded{t.worker, t.call});
            }
        }
    }

    void tell(const Fact& fact) {
        for (const auto& order : scheduler.on(fact, now)) {
            if (const auto* start = std::get_if<StartWorker>(&order)) {
                ++started;
                tasks.push_back({start_cpu, now, start->worker, CallId{}});
            } else if (const auto* run = std::get_if<RunCall>(&order)) {
                tasks.push_back({call_cpu, now + call_wait, run->worker, run->call});
            } else if (const auto* stop = std::get_if<StopWorker>(&order)) {
                tell(WorkerGone{stop->worker});
            }
        }
    }

    Scheduler scheduler;
    Time now{}, looked{};
    Micros used{0};  // of both cores, since then
    std::vector<Task> tasks;
    std::uint64_t next_call = 1;
    std::map<std::uint64_t, Time> came, ended;
    int started = 0;
};

double p99(std::vector<double> took) {
    std::ranges::sort(took);
    return took.at(took.size() * 99 / 100);
}

struct Told {
    double calm, settled;
    int started;
};

Told burst(Options options, int others = 0) {
    Machine machine(options);
    machine.others = others;
    machine.run(20, Seconds{1});
    const auto calm = machine.run(20, Seconds{4});
    auto took = machine.run(2000, Seconds{4});
    took.erase(took.begin(), took.begin() + 2000);  // of its first second
    return {p99(calm), p99(took), machine.started};
}

TEST(Scheduler, ABurstOfShortCallsIsServedByAFewAsFastAsBefore) {
    const auto told = burst({});
    EXPECT_LE(told.settled, 2 * told.calm);
    EXPECT_LE(told.started, 12) << "2,000 a second of 1.25 ms want three";
}

TEST(Scheduler, ABurstIsServedAsFastWhereOthersHaveMostOfTheCores) {
    const auto told = burst({}, 60);
    EXPECT_LE(told.settled, 2 * told.calm);
    EXPECT_LE(told.started, 24);
}

TEST(Scheduler, OneStartForEachWaitingCallWouldMakeTheBurstWaitForItsStarts) {
    const auto told = burst({.linger = Micros{0}, .starts = 1000});
    EXPECT_GE(told.started, 40) << "and they would not be wanted";
}

}  // namespace
}  // namespace mayfly::sched
