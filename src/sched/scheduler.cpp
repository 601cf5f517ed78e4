#include "sched/scheduler.hpp"

#include "base/check.hpp"
#include "sched/house.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace mayfly::sched {

Scheduler::Scheduler(Options options) : house_(std::make_unique<House>(options)) {}
Scheduler::~Scheduler() = default;
Scheduler::Scheduler(Scheduler&&) noexcept = default;
Scheduler& Scheduler::operator=(Scheduler&&) noexcept = default;

void Scheduler::on(const Fact& fact, Time now, std::vector<Order>& out) {
    house_->on(fact, now, out);
}

std::vector<Order> Scheduler::on(const Fact& fact, Time now) {
    std::vector<Order> out;
    house_->on(fact, now, out);
    return out;
}

Time Scheduler::next_tick() const { return house_->next_tick(); }
Counts Scheduler::counts() const { return house_->counts(); }
Hold Scheduler::hold(FunctionId function) const { return house_->hold(function); }
int Scheduler::workers(FunctionId function) const { return house_->workers(function); }
bool Scheduler::remembers(FunctionId function) const { return house_->remembers(function); }
Scheduler::Use Scheduler::use(FunctionId function) const { return house_->use(function); }
bool Scheduler::is_crowded(FunctionId function) const { return house_->is_crowded(function); }
int Scheduler::provisionable(FunctionId function, int memory_mb) const {
    return house_->provisionable(function, memory_mb);
}

Scheduler::House::House(Options options)
    : options_(options), keep_steps_(steps_of(options.idle_keep)) {
    CHECK(options.workers_max >= 1 && options.memory_mb_max >= 1 && options.waiting_max >= 1);
    CHECK(options.tenant_waiting_max >= 1);
    const auto& keep = options.idle_keep;
    CHECK(keep.least > Micros{0} && keep.usual >= keep.least && keep.most >= keep.usual);
    CHECK(options.freeze_after > Micros{0} && options.page_out_after >= options.freeze_after &&
          options.turn >= Micros{0});
    CHECK(options.crew >= 1 && options.ahead >= 1 && options.patience > Micros{0});
    CHECK(options.linger >= Micros{0} && options.starts >= 1 && options.stall > Micros{0} &&
          options.start_brief > Micros{0});
}

void Scheduler::House::on(const Fact& fact, Time now, std::vector<Order>& out) {
    CHECK(now >= now_);
    now_ = now;
    out_ = &out;
    refuse_late();
    std::visit([this](const auto& f) { take(f); }, fact);
    end_patience();
    look_again();
    end_brief_starts();
    cool();
    do {
        reserve_places();
    } while (start_placed());
    out_ = nullptr;
}

Time Scheduler::House::next_tick() const {
    auto t = Time::max();
    if (!deadlines_.empty()) t = deadlines_.begin()->first;
    for (std::size_t i = 0; i < kKeepSteps; ++i)
        if (!kept_[i].empty()) t = std::min(t, kept_[i].front().idle_since + keep_steps_[i]);
    if (!awake_.empty()) t = std::min(t, awake_.front().idle_since + options_.freeze_after);
    if (!resident_.empty()) t = std::min(t, resident_.front().idle_since + options_.page_out_after);
    if (!patient_.empty()) {
        t = std::min(t, patient_.begin()->second->arrived + options_.patience);
    }
    if (!ahead_.empty()) {
        t = std::min(t, oldest_ahead().arrived + options_.patience);
    }
    if (!looks_.empty()) t = std::min(t, looks_.begin()->first.first);
    if (!starts_.empty() && !hungry_.empty() && !may_start_more())
        t = std::min(t, starts_.front().ordered + options_.start_brief);
    for (const auto& [id, f] : lacking_)
        if (f->retry_at > now_) t = std::min(t, f->retry_at);
    return t;
}

// ---- Facts ----

FunctionState& Scheduler::House::function(FunctionId id, const Limits& limits,
                                          const Tenant& tenant) {
    CHECK(limits.concurrency >= 1 && limits.workers_max >= 0);
    CHECK(!limits.one_call || limits.concurrency == 1);
    CHECK(tenant.weight >= 1 && tenant.workers_max >= 1);
    auto& f = functions_.try_emplace(id, id).first->second;
    auto& owner = tenants_.try_emplace(tenant.id, tenant.id).first->second;
    if (!f.tenant) {
        f.tenant = &owner;
        ++owner.functions;
    }
    f.limits = limits;
    owner.weight = tenant.weight;
    owner.workers_max = tenant.workers_max;
    return f;
}

void Scheduler::House::take(const CallArrived& fact) {
    if (fact.deadline <= now_) return refuse(fact.call, Why::late, Hold::nothing);
    if (fact.limits.memory_mb > options_.memory_mb_max) {
        return refuse(fact.call, Why::too_big, Hold::nothing);
    }
    auto& f = function(fact.function, fact.limits, fact.tenant);
    if (fact.limits.workers_max == 0 && f.target == 0) {
        refuse(fact.call, Why::none_allowed, Hold::function_limit);
        return forget_if_empty(f);
    }
    f.asleep_hook.unlink();
    if (f.quiet_since) f.paused(now_ - *std::exchange(f.quiet_since, {}));
    const Waiting call{.call = fact.call,
                       .function = &f,
                       .arrived = now_,
                       .deadline = fact.deadline,
                       .number = next_number_++,
                       .background = fact.background,
                       .recallable = fact.recallable,
                       .patient = is_patient(f)};
    if (!f.free.empty() && !call.patient) return run(f.free.front(), call, Start::warm);
    const bool first = f.lines[0].calls.empty() && (!call.background || f.lines[1].calls.empty());
    if (call.patient && call.recallable && first && !f.crew.empty()) {
        return send_ahead(f.crew.front(), call);
    }
    if (static_cast<int>(f.waiting()) >= options_.waiting_max) {
        return refuse(fact.call, Why::full, hold(f));
    }
    if (f.tenant->waiting >= options_.tenant_waiting_max) {
        refuse(fact.call, Why::tenant_full, hold(f));
        return forget_if_empty(f);
    }
    put_in_line(f, call);
    reconsider(f);
}

void Scheduler::House::take(const CallTakenBack& fact) {
    const auto worker = find(fact.worker);
    if (!worker) return;
    const auto found = std::ranges::find(worker->running, fact.call, &RunningCall::call);
    if (found == worker->running.end()) return;
    const bool was_ahead = found - worker->running.begin() >= worker->begun();
    if (!was_ahead && worker->state != State::stopping) return;
    auto& f = *worker->function;
    const auto call = *found;
    worker->running.erase(found);
    if (was_ahead) {
        --worker->ahead;
        ahead_.erase(call.number);
    } else {
        --f.running;
    }
    join_crew(*worker);
    if (call.deadline <= now_) return refuse(call.call, Why::late, Hold::soon);
    put_in_line(f, {.call = call.call,
                    .function = &f,
                    .arrived = call.arrived,
                    .deadline = call.deadline,
                    .number = call.number,
                    .background = call.background});
    reconsider(f);
}

void Scheduler::House::take(const CallWithdrawn& fact) {
    const auto found = functions_.find(fact.function);
    if (found == functions_.end()) return;
    auto& f = found->second;
    for (auto& line : f.lines) {
        const auto call = std::ranges::find(line.calls, fact.call, &Waiting::call);
        if (call == line.calls.end()) continue;
        const auto why_it_waited = hold(f);
        refuse(take_off_line(call).call, Why::withdrawn, why_it_waited);
        reconsider(f);
        return forget_if_empty(f);
    }
}

void Scheduler::House::take(const WorkerReady& fact) {
    const auto worker = find(fact.worker);
    if (!worker || worker->state != State::starting) return;
    worker->state = State::ready;
    worker->ready_since = now_;
    leave_starts(*worker);
    worker->function->coming -= worker->slots;
    --counts_.starting;
    ++counts_.busy;
    feed(*worker, Start::cold);
}

void Scheduler::House::take(const CallEnded& fact) {
    const auto worker = find(fact.worker);
    if (!worker) return;
    const auto found = std::ranges::find(worker->running, fact.call, &RunningCall::call);
    if (found == worker->running.end() || found - worker->running.begin() >= worker->begun())
        return;
    auto& of = *worker->function;
    const Run run{.took = now_ - found->since,
                  .at_once = of.running--,
                  .first = !std::exchange(worker->served, true),
                  .no_cores = cores_busy_,
                  .undisturbed = fact.undisturbed,
                  .ran = fact.ran};
    if (run.first) {
        --of.unproven;
        const auto usual = of.usual_run.is_known() ? of.usual_run.alone() : Micros::max();
        of.usual_start.add(now_ - worker->ordered, run.took, usual);
    }
    of.usual_run.add(run, options_.crew);
    if (!run.first) of.usual_start.settle(of.usual_run.alone());
    of.moved = now_;
    worker->running.erase(found);
    if (worker->ahead > 0) {  // the first of them begins now
        auto& next = worker->running.front();
        --worker->ahead;
        ahead_.erase(next.number);
        next.since = now_;
        ++worker->function->running;
    }
    join_crew(*worker);
    if (must_give_way(*worker)) {
        worker->draining = true;
        worker->free_hook.unlink();
        worker->crew_hook.unlink();
        ++draining_;
    }
    auto& f = *worker->function;
    f.failures = 0;
    if (f.limits.one_call && worker->state == State::ready) {
        stop(*worker);
        reconsider(f);
    } else {
        feed(*worker, Start::warm);
    }
    if (f.running == 0 && !f.is_waited_for()) f.quiet_since = now_;
}

void Scheduler::House::take(const WorkerDoomed& fact) {
    const auto worker = find(fact.worker);
    if (worker && worker->state == State::ready) write_off(*worker);
}

void Scheduler::House::take(const WorkerGone& fact) {
    const auto worker = find(fact.worker);
    if (!worker) return;
    auto& f = *worker->function;
    const bool never_ready = worker->state == State::starting;
    const int slots = worker->slots;
    if (worker->provisioned) provision_failed(f);
    if (worker->state != State::stopping) write_off(*worker);
    --counts_.stopping;
    counts_.memory_mb -= worker->memory_mb;
    --f.tenant->workers;
    --f.workers;
    for (const auto& lost : worker->running) refuse(lost.call, Why::lost, Hold::nothing);
    f.running -= worker->begun();
    for (const auto& call :
         std::span(worker->running).subspan(static_cast<std::size_t>(worker->begun())))
        ahead_.erase(call.number);
    workers_.erase(fact.worker);
    for (int n = 0; never_ready && n < slots; ++n) {  // rule (6)
        if (f.eager() <= f.coming) break;
        refuse(take_off_line(f.front()).call, Why::start_failed, Hold::starting);
    }
    reconsider(f);
    refresh(*f.tenant);
    forget_if_empty(f);
}

void Scheduler::House::take(const FunctionRetired& fact) {
    const auto found = functions_.find(fact.function);
    if (found == functions_.end()) return;
    auto& f = found->second;
    f.retired = true;
    f.target = 0;
    while (!f.kept.empty()) unmark(f.kept.front());
    note_lack(f);
    for (auto it = f.free.begin(); it != f.free.end();) {
        auto& worker = *it++;
        if (worker.running.empty()) stop(worker);
    }
    forget_if_empty(f);
}

void Scheduler::House::take(const CoresBusy& fact) {
    if (std::exchange(cores_busy_, fact.busy) == fact.busy) return;
    for (const auto& [id, f] : std::map(short_of_)) reconsider(*f);
}

void Scheduler::House::take(const MemoryShort&) {
    for (int n = (counts_.idle + 7) / 8; n > 0 && !idle_.empty(); --n) stop(idle_.front());
}

// ---- Calls and workers ----

Worker* Scheduler::House::find(WorkerId id) {
    const auto it = workers_.find(id);
    return it == workers_.end() ? nullptr : &it->second;
}

void Scheduler::House::run(Worker& worker, const Waiting& call, Start start) {
    if (std::exchange(worker.idle, false)) {
        leave_idle_lists(worker);
        worker.frozen = worker.paged_out = false;
        --counts_.idle;
        ++counts_.busy;
    }
    worker.running.push_back(
        {call.call, now_, call.arrived, call.deadline, call.number, call.background});
    if (worker.function->running++ == 0) worker.function->moved = now_;
    if (!worker.has_room()) worker.free_hook.unlink();
    join_crew(worker);
    out_->push_back(RunCall{worker.id, call.call, start});
}

// By age: one that was taken back goes before those that came after it.
void Scheduler::House::put_in_line(FunctionState& f, Waiting call) {
    auto& line = f.lines[call.background];
    auto place = line.calls.end();
    while (place != line.calls.begin() && std::prev(place)->number > call.number) --place;
    const auto it = line.calls.insert(place, call);
    it->due = deadlines_.emplace(it->deadline, it);
    ++counts_.waiting;
    counts_.background += call.background;
    ++f.tenant->waiting;
    if (!it->patient) return;
    ++line.patient;
    patient_.emplace(it->number, it);
}

// Gives a worker the calls it has room for, and puts it where it then belongs.
void Scheduler::House::feed(Worker& worker, Start start) {
    auto& f = *worker.function;
    while (worker.has_room() && f.is_waited_for()) {
        run(worker, take_off_line(f.front()), start);
    }
    rest(worker);
    reconsider(f);
    while (worker.takes_ahead(options_.ahead) && f.is_waited_for() && f.front()->patient &&
           f.front()->recallable) {
        send_ahead(worker, take_off_line(f.front()));
    }
}

void Scheduler::House::rest(Worker& worker) {
    if (worker.state != State::ready) return;
    auto& f = *worker.function;
    if (worker.running.empty()) {
        if (worker.draining || f.retired || is_surplus(worker)) return stop(worker);
        worker.idle = true;
        worker.idle_since = now_;
        if (!worker.provisioned) {
            idle_.push_back(worker);
            f.tenant->idle.push_back(worker);
            kept_[step_for(f.usual_pause, options_.idle_keep)].push_back(worker);
        }
        if (!worker.provisioned || !f.awake) awake_.push_back(worker);
        --counts_.busy;
        ++counts_.idle;
    }
    if (!worker.has_room()) return;
    worker.free_hook.unlink();
    f.free.push_front(worker);
}

void Scheduler::House::stop(Worker& worker) {
    CHECK(worker.running.empty());
    out_->push_back(StopWorker{worker.id});
    write_off(worker);
}

// From here on it takes no call and keeps no place, but it holds its memory until it is gone.
void Scheduler::House::write_off(Worker& worker) {
    leave_starts(worker);
    if (worker.state == State::starting) {
        --counts_.starting;
        worker.function->coming -= worker.slots;
    } else {
        --(worker.idle ? counts_.idle : counts_.busy);
    }
    ++counts_.stopping;
    if (worker.draining) --draining_;
    worker.draining = worker.idle = false;
    worker.state = State::stopping;
    if (!std::exchange(worker.served, true)) --worker.function->unproven;
    worker.free_hook.unlink();
    worker.crew_hook.unlink();
    leave_idle_lists(worker);
    if (worker.provisioned) drop_mark(worker);
    worker.provision_hook.unlink();
    note_lack(*worker.function);
    commit(*worker.function, -1, worker.memory_mb);
}

void Scheduler::House::leave_idle_lists(Worker& worker) {
    worker.idle_hook.unlink();
    worker.tenant_hook.unlink();
    worker.keep_hook.unlink();
    worker.awake_hook.unlink();
    worker.resident_hook.unlink();
}

Waiting Scheduler::House::take_off_line(std::list<Waiting>::iterator call) {
    const Waiting taken = *call;
    auto& line = taken.function->lines[taken.background];
    deadlines_.erase(taken.due);
    if (taken.patient) {
        --line.patient;
        patient_.erase(taken.number);
    }
    line.calls.erase(call);
    --counts_.waiting;
    counts_.background -= taken.background;
    --taken.function->tenant->waiting;
    return taken;
}

void Scheduler::House::refuse_late() {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now_) {
        const auto call = deadlines_.begin()->second;
        auto& f = *call->function;
        const auto why_it_waited = hold(f);
        refuse(take_off_line(call).call, Why::late, why_it_waited);
        reconsider(f);
        forget_if_empty(f);
    }
}

void Scheduler::House::cool() {
    for (std::size_t i = 0; i < kKeepSteps; ++i) {
        auto& kept = kept_[i];
        while (!kept.empty() && now_ - kept.front().idle_since >= keep_steps_[i])
            stop(kept.front());
    }
    freeze();
    page_out();
    forget_sleepers();
}

void Scheduler::House::freeze() {
    while (!awake_.empty() && now_ - awake_.front().idle_since >= options_.freeze_after) {
        auto& worker = awake_.front();
        worker.frozen = true;
        out_->push_back(FreezeWorker{worker.id});
        awake_.pop_front();
        wait_for_page_out(worker);
    }
}

void Scheduler::House::wait_for_page_out(Worker& worker) {
    if (options_.page_out_after != Micros::max() && !worker.provisioned && !worker.paged_out)
        resident_.push_back(worker);
}

void Scheduler::House::page_out() {
    while (!resident_.empty() && now_ - resident_.front().idle_since >= options_.page_out_after) {
        resident_.front().paged_out = true;
        out_->push_back(PageOutWorker{resident_.front().id});
        resident_.pop_front();
    }
}

// A pause longer than what a worker is kept for teaches nothing more.
void Scheduler::House::forget_sleepers() {
    while (!asleep_.empty() && now_ - *asleep_.front().quiet_since >= 2 * options_.idle_keep.most)
        forget(asleep_.front());
}

// ---- Reasons ----

int Scheduler::House::workers(FunctionId function) const {
    const auto it = functions_.find(function);
    return it == functions_.end() ? 0 : it->second.workers;
}

Hold Scheduler::House::hold(FunctionId function) const {
    const auto it = functions_.find(function);
    return it == functions_.end() ? Hold::nothing : hold(it->second);
}

Hold Scheduler::House::hold(const FunctionState& f) const {
    if (!f.is_waited_for()) return Hold::nothing;
    if (f.eager() == 0) return Hold::soon;
    if (f.eager() <= f.coming) return Hold::starting;
    if (need(f, f.coming) == 0) return Hold::soon;
    if (!f.may_have_more()) return Hold::function_limit;
    if (fits(committed_, committed_mb_, f.limits.memory_mb) && f.tenant->has_room())
        return Hold::starting;  // once others have
    return f.tenant->has_room() ? Hold::house_full : Hold::account_limit;
}

}  // namespace mayfly::sched
