// Workers that are kept whether or not they are called: rule (10) of scheduler.hpp.
#include "base/check.hpp"
#include "sched/house.hpp"

#include <algorithm>
#include <utility>

namespace mayfly::sched {

namespace {

constexpr int kDoublings = 6;  // of the pause before the next attempt: a minute at most
constexpr Micros kRetryMax = Seconds{60};

}  // namespace

int Scheduler::House::provisionable(FunctionId function, int memory_mb) const {
    std::int64_t workers = options_.workers_max, mb = options_.memory_mb_max;
    for (const auto& [id, f] : functions_) {
        if (id == function) continue;
        workers -= f.target;
        mb -= std::int64_t{f.target} * f.limits.memory_mb;
    }
    return static_cast<int>(
        std::max<std::int64_t>(0, std::min(workers, mb / std::max(memory_mb, 1))));
}

Scheduler::Use Scheduler::House::use(FunctionId function) const {
    const auto at = functions_.find(function);
    if (at == functions_.end()) return {};
    const auto& f = at->second;
    return {.workers = f.workers, .provisioned = f.provisioned, .running = f.running};
}

void Scheduler::House::take(const ProvisionSet& fact) {
    CHECK(fact.target >= 0);
    if (fact.target == 0 && !functions_.contains(fact.function)) return;
    auto& f = function(fact.function, fact.limits, fact.tenant);
    if (f.retired) return;
    if (std::exchange(f.awake, fact.awake) != fact.awake) {
        for (auto& worker : f.kept) leave_awake(worker, fact.awake);
    }
    f.target = std::min(fact.target, provisionable(f.id, f.limits.memory_mb));
    f.failures = 0;
    f.retry_at = Time::min();
    if (f.target > 0) f.asleep_hook.unlink();
    while (f.provisioned > f.target) unmark(f.kept.back());
    note_lack(f);
    reconsider(f);
    forget_if_empty(f);
}

void Scheduler::House::leave_awake(Worker& worker, bool awake) {
    worker.awake_hook.unlink();
    if (awake || !worker.idle || worker.frozen) return;
    worker.idle_since = now_;
    awake_.push_back(worker);
}

void Scheduler::House::mark(Worker& worker) {
    auto& f = *worker.function;
    worker.provisioned = true;
    worker.provision_hook.unlink();
    f.kept.push_back(worker);
    ++f.provisioned;
    ++counts_.provisioned;
    worker.idle_hook.unlink();
    worker.tenant_hook.unlink();
    worker.keep_hook.unlink();
    worker.resident_hook.unlink();
    if (f.awake) worker.awake_hook.unlink();
    if (std::exchange(worker.draining, false)) {  // it need not give way any more
        --draining_;
        if (worker.has_room()) f.free.push_front(worker);
        join_crew(worker);
    }
}

void Scheduler::House::drop_mark(Worker& worker) {
    worker.provisioned = false;
    worker.provision_hook.unlink();
    --worker.function->provisioned;
    --counts_.provisioned;
}

// It is as any other from now on. One that idles begins its time to be kept.
void Scheduler::House::unmark(Worker& worker) {
    auto& f = *worker.function;
    drop_mark(worker);
    f.others.push_back(worker);
    if (worker.idle) {
        worker.idle_since = now_;
        worker.awake_hook.unlink();
        idle_.push_back(worker);
        f.tenant->idle.push_back(worker);
        kept_[step_for(f.usual_pause, options_.idle_keep)].push_back(worker);
        if (!worker.frozen) awake_.push_back(worker);
        else wait_for_page_out(worker);
    }
    reconsider(f);
}

// What other workers the function has count first. Keeps lacking_ true.
void Scheduler::House::note_lack(FunctionState& f) {
    while (f.lacks_provision() && !f.others.empty()) mark(f.others.front());
    if (!f.lacks_provision()) {
        f.lacking_since.reset();
        lacking_.erase(f.id);
    } else if (!f.lacking_since) {
        f.lacking_since = now_;
        lacking_.emplace(f.id, &f);
    }
}

void Scheduler::House::provision_failed(FunctionState& f) {
    const Micros pause = Seconds{1 << std::min(f.failures, kDoublings)};
    f.retry_at = now_ + std::min(pause, kRetryMax);
    ++f.failures;
}

// False if one that may start now finds no room: then nobody passes it.
bool Scheduler::House::reserve_provision() {
    for (auto it = lacking_.begin(); it != lacking_.end();) {
        auto& f = *(it++)->second;
        if (f.retry_at > now_) continue;
        if (!f.tenant->has_room()) make_room_within(*f.tenant);
        while (f.lacks_provision() && f.tenant->has_room() &&
               f.workers + f.placed < f.limits.workers_max + f.target) {
            if (!make_room(f)) return false;
            reserve(f, true);
            note_lack(f);
        }
    }
    return true;
}

}  // namespace mayfly::sched
