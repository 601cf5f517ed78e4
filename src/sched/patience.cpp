// Rule (8): short calls are sent ahead to a small crew.
#include "sched/house.hpp"

#include <algorithm>

namespace mayfly::sched {

// Rules (8) and (11).
bool Scheduler::House::is_patient(const FunctionState& f) const {
    return !f.limits.one_call && f.usual_run.below(options_.quick) && f.running >= options_.crew;
}

bool Scheduler::House::is_crowded(FunctionId function) const {
    const auto it = functions_.find(function);
    return it != functions_.end() && it->second.limits.concurrency == 1 &&
           it->second.running >= options_.crew + cores_busy_;
}

// One that need() would not start: the cores are all its calls wait for, and the crew has those.
bool Scheduler::House::is_surplus(const Worker& worker) const {
    const auto& f = *worker.function;
    return !worker.provisioned && f.running >= options_.crew && !f.is_waited_for() &&
           f.usual_run.wants_cores_only() && f.usual_run.alone() < worth(f);
}

void Scheduler::House::send_ahead(Worker& worker, const Waiting& call) {
    worker.running.push_back(
        {call.call, now_, call.arrived, call.deadline, call.number, call.background});
    ++worker.ahead;
    ahead_.emplace(call.number, &worker);
    join_crew(worker);
    out_->push_back(RunCall{worker.id, call.call, Start::warm, true});
}

// Last in it, if anything may be sent ahead to it: so they take turns.
void Scheduler::House::join_crew(Worker& worker) {
    worker.crew_hook.unlink();
    if (worker.takes_ahead(options_.ahead)) worker.function->crew.push_back(worker);
}

const RunningCall& Scheduler::House::oldest_ahead() const {
    const auto& [number, worker] = *ahead_.begin();
    return *std::ranges::find(worker->running, number, &RunningCall::number);
}

void Scheduler::House::end_patience() {
    while (!ahead_.empty()) {
        const auto& call = oldest_ahead();
        if (now_ - call.arrived < options_.patience) break;
        out_->push_back(TakeBack{ahead_.begin()->second->id, call.call});
        ahead_.erase(ahead_.begin());
    }
    while (!patient_.empty() && now_ - patient_.begin()->second->arrived >= options_.patience) {
        const auto call = patient_.begin()->second;
        auto& f = *call->function;
        patient_.erase(patient_.begin());
        call->patient = false;
        --f.lines[call->background].patient;
        reconsider(f);
    }
}

}  // namespace mayfly::sched
