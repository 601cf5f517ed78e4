#include "cli/simulation.hpp"

#include "base/check.hpp"
#include "meter/rollup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <utility>

namespace mayfly::cli {
namespace {

namespace json = boost::json;
using namespace sched;

class Replay {
public:
    Replay(const Traffic& traffic, const SimulationPolicy& policy)
        : traffic_(traffic), policy_(policy), scheduler_(policy.scheduler) {}

    SimulationResult run() {
        for (;;) {
            const Time call = next_call_ < traffic_.calls.size()
                                  ? Time{traffic_.calls[next_call_].at}
                                  : Time::max();
            const Time due = due_.empty() ? Time::max() : due_.top().at;
            const Time tick = scheduler_.next_tick();
            const Time next = std::min({call, due, tick});
            if (next == Time::max()) break;
            pass(next);
            if (next == due) {
                const auto fact = due_.top().fact;
                due_.pop();
                tell(fact);
            } else if (next == call) {
                arrive(next_call_++);
            } else {
                tell(Tick{});
            }
        }
        return sum_up();
    }

private:
    struct Due {
        Time at;
        std::uint64_t number;
        Fact fact;
        bool operator<(const Due& o) const {
            return at != o.at ? at > o.at : number > o.number;  // earliest on top
        }
    };

    // Workers were alive, and some of them idle, until now.
    void pass(Time next) {
        const double seconds = static_cast<double>((next - now_).count()) / 1e6;
        alive_seconds_ += seconds * static_cast<double>(workers_.size());
        idle_seconds_ += seconds * scheduler_.counts().idle;
        now_ = std::max(now_, next);
    }

    void later(Micros wait, Fact fact) { due_.push({now_ + wait, number_++, std::move(fact)}); }

    void arrive(std::size_t nth) {
        const auto& call = traffic_.calls[nth];
        const auto& f = traffic_.functions[call.function];
        ++result_.calls;
        waits_.push_back(0);
        tell(CallArrived{.call = CallId{nth},
                         .function = FunctionId{call.function},
                         .deadline = now_ + policy_.wait_max,
                         .limits = {.memory_mb = f.memory_mb,
                                    .concurrency = policy_.concurrency,
                                    .workers_max = policy_.workers_max_per_function},
                         .tenant = {.id = TenantId{1}}});
    }

    void tell(const Fact& fact) {
        if (const auto* gone = std::get_if<WorkerGone>(&fact)) workers_.erase(gone->worker);
        std::vector<Order> orders;
        scheduler_.on(fact, now_, orders);
        for (const auto& order : orders) std::visit([this](const auto& o) { carry_out(o); }, order);
    }

    void carry_out(const StartWorker& o) {
        workers_.emplace(o.worker, static_cast<std::uint32_t>(o.function.n));
        ++result_.started;
        const auto alive = static_cast<int>(workers_.size());
        result_.instances_most = std::max(result_.instances_most, alive);
        result_.memory_mb_most =
            std::max(result_.memory_mb_most, static_cast<double>(scheduler_.counts().memory_mb));
        later(policy_.start, WorkerReady{o.worker});
    }
    void carry_out(const StopWorker& o) { later(policy_.stop, WorkerGone{o.worker}); }
    void carry_out(const FreezeWorker&) {}
    void carry_out(const PageOutWorker&) {}
    void carry_out(const TakeBack&) { CHECK(false); }  // no call here may be sent ahead
    void carry_out(const RunCall& o) {
        const auto& call = traffic_.calls[o.call.n];
        const Micros run(call.micros);
        waits_[o.call.n] = static_cast<std::uint32_t>(
            std::min<std::int64_t>((now_ - Time{call.at}).count(), 0xffffffff));
        ++result_.ran;
        result_.cold += o.start == Start::cold;
        const auto billed = static_cast<double>(meter::billed_time(run, Millis{100}).count()) / 1e6;
        result_.billed_s += billed;
        result_.gb_seconds += billed * traffic_.functions[call.function].memory_mb / 1024;
        later(run, CallEnded{o.worker, o.call});
    }
    void carry_out(const Refuse& o) { ++result_.refused[std::string(to_text(o.why))]; }

    SimulationResult sum_up() {
        std::ranges::sort(waits_);
        const auto at = [&](double share) {
            if (waits_.empty()) return 0.0;
            const auto i = static_cast<std::size_t>(share * static_cast<double>(waits_.size()));
            return waits_[std::min(i, waits_.size() - 1)] / 1000.0;
        };
        result_.wait_ms_p50 = at(0.5);
        result_.wait_ms_p99 = at(0.99);
        result_.wait_ms_max = at(1);
        const double seconds = static_cast<double>(now_.time_since_epoch().count()) / 1e6;
        result_.hours = seconds / 3600;
        if (seconds > 0) result_.instances_mean = alive_seconds_ / seconds;
        if (alive_seconds_ > 0) result_.idle_share = idle_seconds_ / alive_seconds_;
        return std::move(result_);
    }

    const Traffic& traffic_;
    const SimulationPolicy& policy_;
    Scheduler scheduler_;
    Time now_{};
    std::size_t next_call_ = 0;
    std::uint64_t number_ = 0;
    std::priority_queue<Due> due_;
    std::unordered_map<WorkerId, std::uint32_t> workers_;
    std::vector<std::uint32_t> waits_;  // microseconds, by call; of one refused 0
    double alive_seconds_ = 0, idle_seconds_ = 0;
    SimulationResult result_;
};

}  // namespace

SimulationResult simulate(const Traffic& traffic, const SimulationPolicy& policy) {
    return Replay(traffic, policy).run();
}

std::string to_text(const SimulationResult& r) {
    const auto share = [&](std::int64_t n) {
        return r.calls > 0 ? 100.0 * static_cast<double>(n) / static_cast<double>(r.calls) : 0.0;
    };
    auto text = fmt::format("calls      {} in {:.1f} h · ran {} · cold {} ({:.2f} %)\n", r.calls,
                            r.hours, r.ran, r.cold, share(r.cold));
    for (const auto& [why, n] : r.refused)
        text += fmt::format("refused    {} ({:.2f} %): {}\n", n, share(n), why);
    text += fmt::format("wait       p50 {:.1f} · p99 {:.1f} · max {:.1f} ms\n", r.wait_ms_p50,
                        r.wait_ms_p99, r.wait_ms_max);
    text += fmt::format(
        "instances  {} started · {} at most · {:.1f} on average, idle {:.0f} % of it · {:.0f} MB "
        "at most\n",
        r.started, r.instances_most, r.instances_mean, 100 * r.idle_share, r.memory_mb_most);
    text += fmt::format("billed     {:.1f} s · {:.3f} GB·s\n", r.billed_s, r.gb_seconds);
    return text;
}

json::object to_json(const SimulationResult& r) {
    json::object refused;
    for (const auto& [why, n] : r.refused) refused[why] = n;
    return {{"calls", r.calls},
            {"ran", r.ran},
            {"cold", r.cold},
            {"refused", std::move(refused)},
            {"waitMs", {{"p50", r.wait_ms_p50}, {"p99", r.wait_ms_p99}, {"max", r.wait_ms_max}}},
            {"instances",
             {{"started", r.started},
              {"most", r.instances_most},
              {"mean", r.instances_mean},
              {"idleShare", r.idle_share}}},
            {"memoryMbMost", r.memory_mb_most},
            {"billedS", r.billed_s},
            {"gbSeconds", r.gb_seconds},
            {"hours", r.hours}};
}

}  // namespace mayfly::cli
