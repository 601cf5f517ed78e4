// Who gets the next worker, and who gives one up: rules (2) to (4) of scheduler.hpp.
#include "base/check.hpp"
#include "sched/house.hpp"

#include <algorithm>

namespace mayfly::sched {

// The larger of the two fractions, over a common denominator, for the weight. In whole numbers, so
// that the same facts give the same orders everywhere.
std::int64_t Scheduler::House::share(std::int64_t workers, std::int64_t memory_mb,
                                     int weight) const {
    return std::max(workers * options_.memory_mb_max, memory_mb * options_.workers_max) * 1000 /
           weight;
}

void Scheduler::House::commit(FunctionState& f, int sign, int memory_mb) {
    committed_ += sign;
    committed_mb_ += sign * memory_mb;
    f.tenant->committed += sign;
    f.tenant->committed_mb += sign * memory_mb;
    f.committed_mb += sign * memory_mb;
    reconsider(f);
    refresh(*f.tenant);
}

// Keeps hungry_ true after anything about the tenant changed.
void Scheduler::House::refresh(TenantState& tenant) {
    std::optional<Claim> claim;
    if (!tenant.hungry.empty() && tenant.has_room()) {
        const auto& first = tenant.hungry.begin()->first;
        claim = {first.background, share(tenant.committed, tenant.committed_mb, tenant.weight),
                 tenant.last_given, first.oldest};
    }
    if (!tenant.hungry.empty() && !tenant.has_room()) capped_.emplace(tenant.id, &tenant);
    else capped_.erase(tenant.id);
    if (claim == tenant.claim) return;
    if (tenant.claim) hungry_.erase(*tenant.claim);
    if (claim) hungry_.emplace(*claim, &tenant);
    tenant.claim = claim;
}

// The same for a function; and gives its calls the workers that have room.
void Scheduler::House::reconsider(FunctionState& f) {
    if (f.patient() > 0 && !is_patient(f)) {
        for (auto& line : f.lines) {
            for (auto call = line.calls.rbegin(); line.patient > 0; ++call, --line.patient) {
                patient_.erase(call->number);
                call->patient = false;
            }
        }
    }
    while (f.eager() > 0 && !f.free.empty()) {
        run(f.free.front(), take_off_line(f.front()), Start::warm);
    }
    plan_look(f);
    if (f.eager() > f.coming) short_of_.emplace(f.id, &f);
    else short_of_.erase(f.id);
    std::optional<Claim> claim;
    if (f.may_have_more() && need(f, f.coming) > 0) {
        claim = {f.lines[0].eager() == 0, f.committed_mb, f.last_given, f.front()->number};
    }
    if (claim == f.claim) return;
    auto& hungry = f.tenant->hungry;
    if (f.claim) hungry.erase(*f.claim);
    if (claim) hungry.emplace(*claim, &f);
    f.claim = claim;
    refresh(*f.tenant);
}

// Rule (2).
int Scheduler::House::need(const FunctionState& f, int coming) const {
    return sched::need({.waiting = f.eager(),
                        .coming = coming,
                        .serving = f.running,
                        .overdue = overdue(f),
                        .once = f.limits.one_call,
                        .run = f.usual_run.alone(),
                        .start = f.usual_start.time(),
                        .no_cores = cores_busy_,
                        .cores_only = f.usual_run.wants_cores_only(),
                        .unproven = f.unproven > 0,
                        .starved = is_starved(f),
                        .stalled = f.running > 0 && now_ - f.moved >= options_.stall},
                       {.linger = options_.linger, .crew = options_.crew});
}

// As many as the crew at most: the eager ones of each line are its oldest.
int Scheduler::House::overdue(const FunctionState& f) const {
    const auto before = now_ - worth(f);
    int overdue = 0;
    for (const auto& line : f.lines) {
        int left = line.eager();
        for (auto call = line.calls.begin(); left > 0 && overdue < options_.crew; ++call, --left) {
            if (call->arrived > before) break;
            ++overdue;
        }
    }
    return overdue;
}

bool Scheduler::House::is_starved(const FunctionState& f) const {
    return std::ranges::any_of(f.lines, [this](const Line& line) {
        return line.eager() > 0 && now_ - line.calls.front().arrived >= options_.turn;
    });
}

// When a call of it is overdue next, or starved.
void Scheduler::House::plan_look(FunctionState& f) {
    std::optional<Time> next;
    const auto consider = [&](Time due) {
        if (due > now_) next = std::min(next.value_or(due), due);
    };
    if (f.eager() > f.coming) {
        if (f.running > 0) consider(f.moved + options_.stall);
        const bool counts = overdue(f) < options_.crew;
        for (const auto& line : f.lines) {
            int left = line.eager();
            if (left > 0) consider(line.calls.front().arrived + options_.turn);
            for (auto call = line.calls.begin(); counts && left > 0; ++call, --left) {
                const auto due = call->arrived + worth(f);
                consider(due);
                if (due > now_) break;
            }
        }
    }
    if (next == f.look_again) return;
    if (f.look_again) looks_.erase({*f.look_again, f.id});
    if (next) looks_.emplace(std::pair{*next, f.id}, &f);
    f.look_again = next;
}

void Scheduler::House::look_again() {
    while (!looks_.empty() && looks_.begin()->first.first <= now_)
        reconsider(*looks_.begin()->second);
}

bool Scheduler::House::may_start_more() const {
    return brief_starts_ + std::ssize(placed_) < options_.starts;
}

void Scheduler::House::end_brief_starts() {
    while (!starts_.empty() && now_ - starts_.front().ordered >= options_.start_brief)
        leave_starts(starts_.front());
}

void Scheduler::House::leave_starts(Worker& worker) {
    if (!worker.start_hook.is_linked()) return;
    worker.start_hook.unlink();
    --brief_starts_;
}

// Who would get the worker's place if it gave it up; null if nobody wants it.
FunctionState* Scheduler::House::first_beside(const Worker& worker) const {
    const auto& own = *worker.function->tenant;
    if (!own.hungry.empty() && !own.has_room()) return own.hungry.begin()->second;
    return hungry_.empty() ? nullptr : hungry_.begin()->second->hungry.begin()->second;
}

// Whether both are then at least as near to their shares. `at_once`: counting what `next` gets.
bool Scheduler::House::is_fairer(const Worker& worker, const FunctionState& next,
                                 bool at_once) const {
    const auto& from = *worker.function->tenant;
    const auto& to = *next.tenant;
    const int more = at_once ? next.limits.memory_mb : 0;
    if (&from == &to)
        return worker.function->committed_mb - worker.memory_mb >= next.committed_mb + more;
    return share(from.committed - 1, from.committed_mb - worker.memory_mb, from.weight) >=
           share(to.committed + at_once, to.committed_mb + more, to.weight);
}

// Rule (4). One at a time drains: a worker with several calls takes a while to become free.
bool Scheduler::House::must_give_way(const Worker& worker) const {
    if (draining_ > 0 || worker.state != State::ready || worker.provisioned) return false;
    const bool had_its_turn = now_ - worker.ready_since >= options_.turn;
    for (const auto& [id, f] : lacking_)
        if (f->retry_at <= now_ && now_ - *f->lacking_since >= options_.turn) return had_its_turn;
    auto* next = first_beside(worker);
    if (!next || next == worker.function) return false;
    const bool waits_for_its_start =
        next->tenant->has_room() && fits(committed_, committed_mb_, next->limits.memory_mb);
    if (waits_for_its_start) return false;  // and not for room
    const auto& call = *next->front();
    if (next->tenant != worker.function->tenant && !call.background &&
        is_fairer(worker, *next, true))
        return true;
    return had_its_turn && now_ - call.arrived >= options_.turn && is_fairer(worker, *next, false);
}

// The first in order; while it does not fit, no other passes it.
void Scheduler::House::reserve_places() {
    reserve_those_that_fit();
    for (const auto& [id, tenant] : capped_) make_room_within(*tenant);
}

void Scheduler::House::reserve_those_that_fit() {
    if (!reserve_provision()) return;
    while (!hungry_.empty() && may_start_more()) {
        auto& f = *hungry_.begin()->second->hungry.begin()->second;
        if (!make_room(f)) return;
        reserve(f, false);
    }
}

// What idles makes way for the tenant's other functions; those have their turn once it is gone.
void Scheduler::House::make_room_within(TenantState& tenant) {
    while (tenant.committed >= tenant.workers_max && !tenant.idle.empty())
        stop(tenant.idle.front());
}

// Idle workers make way. False if that is not enough.
bool Scheduler::House::make_room(const FunctionState& f) {
    const int mb = f.limits.memory_mb;
    while (!fits(committed_, committed_mb_, mb) && !idle_.empty()) stop(idle_.front());
    return fits(committed_, committed_mb_, mb);
}

void Scheduler::House::reserve(FunctionState& f, bool provisioned) {
    const int mb = f.limits.memory_mb;
    ++f.placed;
    ++f.tenant->placed;
    if (provisioned) ++f.provision_placed;
    else f.last_given = f.tenant->last_given = next_given_++;
    f.coming += f.limits.concurrency;
    placed_.push_back({&f, mb, f.limits.concurrency, provisioned});
    commit(f, +1, mb);
}

bool Scheduler::House::is_wanted(const Place& place) const {
    const auto& f = *place.function;
    if (place.provisioned) return f.provisioned < f.target;
    return need(f, f.coming - place.slots) > 0;
}

// Starts what has a place and now also room. True if another may have a place now: one was given
// back, or a worker came to be provisioned that was not reserved as such.
bool Scheduler::House::start_placed() {
    bool again = false;
    while (!placed_.empty()) {
        const auto place = placed_.front();
        auto& f = *place.function;
        const bool wanted = is_wanted(place);
        if (wanted && !fits(std::ssize(workers_), counts_.memory_mb, place.memory_mb)) break;
        placed_.pop_front();
        --f.placed;
        --f.tenant->placed;
        if (place.provisioned) --f.provision_placed;
        if (wanted) {
            again |= start(place).provisioned && !place.provisioned;
        } else {
            again = true;
            give_back(place);
        }
    }
    return again;
}

const Worker& Scheduler::House::start(const Place& place) {
    const WorkerId id{next_worker_++};
    const auto [it, fresh] =
        workers_.try_emplace(id, id, place.function, place.memory_mb, place.slots);
    CHECK(fresh);
    it->second.running.reserve(static_cast<std::size_t>(place.slots));
    it->second.ordered = now_;
    starts_.push_back(it->second);
    ++brief_starts_;
    ++place.function->workers;
    ++place.function->unproven;
    ++place.function->tenant->workers;
    ++counts_.starting;
    counts_.memory_mb += place.memory_mb;
    place.function->others.push_back(it->second);
    if (place.provisioned) mark(it->second);
    note_lack(*place.function);
    if (it->second.provisioned) reconsider(*place.function);
    out_->push_back(StartWorker{id, place.function->id});
    return it->second;
}

void Scheduler::House::give_back(const Place& place) {
    auto& f = *place.function;
    f.coming -= place.slots;
    commit(f, -1, place.memory_mb);
    forget_if_empty(f);
}

bool Scheduler::House::fits(std::int64_t workers, std::int64_t memory_mb, int wanted_mb) const {
    return workers < options_.workers_max && memory_mb + wanted_mb <= options_.memory_mb_max;
}

void Scheduler::House::forget_if_empty(FunctionState& f) {
    if (f.workers > 0 || f.placed > 0 || f.is_waited_for() || f.target > 0) return;
    if (f.retired || !(f.quiet_since || f.usual_run.is_known())) return forget(f);
    if (f.asleep_hook.is_linked()) return;
    if (!f.quiet_since) f.quiet_since = now_;
    asleep_.push_back(f);
}

void Scheduler::House::forget(FunctionState& f) {
    const auto tenant = f.tenant;
    lacking_.erase(f.id);
    short_of_.erase(f.id);
    if (f.look_again) looks_.erase({*f.look_again, f.id});
    functions_.erase(FunctionId{f.id});
    if (--tenant->functions == 0) tenants_.erase(TenantId{tenant->id});
}

}  // namespace mayfly::sched
