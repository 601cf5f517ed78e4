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

Scheduler::House::House(Options options)
    : options_(options), keep_steps_(steps_of(options.idle_keep)) {
    CHECK(options.workers_max >= 1 && options.memory_mb_max >= 1 && options.waiting_max >= 1);
    const auto& keep = options.idle_keep;
    CHECK(keep.least > Micros{0} && keep.usual >= keep.least && keep.most >= keep.usual);
    CHECK(options.freeze_after > Micros{0} && options.turn >= Micros{0});
    CHECK(options.crew >= 1 && options.ahead >= 1 && options.patience > Micros{0});
}

void Scheduler::House::on(const Fact& fact, Time now, std::vector<Order>& out) {
    CHECK(now >= now_);
    now_ = now;
    out_ = &out;
    refuse_late();
    std::visit([this](const auto& f) { take(f); }, fact);
    end_patience();
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
    if (!patient_.empty()) {
        t = std::min(t, patient_.begin()->second->arrived + options_.patience);
    }
    if (!ahead_.empty()) {
        t = std::min(t, oldest_ahead().arrived + options_.patience);
    }
    return t;
}

// ---- Facts ----

void Scheduler::House::take(const CallArrived& fact) {
    CHECK(fact.limits.concurrency >= 1 && fact.limits.workers_max >= 1);
    if (fact.deadline <= now_) return refuse(fact.call, Why::late, Hold::nothing);
    if (fact.limits.memory_mb > options_.memory_mb_max) {
        return refuse(fact.call, Why::too_big, Hold::nothing);
    }
    auto& f = functions_.try_emplace(fact.function, fact.function).first->second;
    f.limits = fact.limits;
    f.asleep_hook.unlink();
    if (f.quiet_since) f.paused(now_ - *std::exchange(f.quiet_since, {}));
    const Waiting call{.call = fact.call,
                       .function = &f,
                       .arrived = now_,
                       .deadline = fact.deadline,
                       .number = next_number_++,
                       .recallable = fact.recallable,
                       .patient = is_patient(f)};
    if (!f.free.empty() && !call.patient) return run(f.free.front(), call, Start::warm);
    if (call.patient && call.recallable && f.waiting.empty() && !f.crew.empty()) {
        return send_ahead(f.crew.front(), call);
    }
    if (static_cast<int>(f.waiting.size()) >= options_.waiting_max) {
        return refuse(fact.call, Why::full, hold(f));
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
                    .number = call.number});
    reconsider(f);
}

void Scheduler::House::take(const WorkerReady& fact) {
    const auto worker = find(fact.worker);
    if (!worker || worker->state != State::starting) return;
    worker->state = State::ready;
    worker->ready_since = now_;
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
    worker->function->ended(now_ - found->since, options_.crew);
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
    feed(*worker, Start::warm);
    if (f.running == 0 && f.waiting.empty()) f.quiet_since = now_;
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
    if (worker->state != State::stopping) write_off(*worker);
    --counts_.stopping;
    counts_.memory_mb -= worker->memory_mb;
    if (--f.workers == 0) f.usual_run = {};
    for (const auto& lost : worker->running) refuse(lost.call, Why::lost, Hold::nothing);
    f.running -= worker->begun();
    for (const auto& call :
         std::span(worker->running).subspan(static_cast<std::size_t>(worker->begun())))
        ahead_.erase(call.number);
    workers_.erase(fact.worker);
    for (int n = 0; never_ready && n < slots; ++n) {  // rule (6)
        if (f.eager() <= f.coming) break;
        refuse(take_off_line(f.waiting.begin()).call, Why::start_failed, Hold::starting);
    }
    reconsider(f);
    forget_if_empty(f);
}

void Scheduler::House::take(const FunctionRetired& fact) {
    const auto found = functions_.find(fact.function);
    if (found == functions_.end()) return;
    auto& f = found->second;
    f.retired = true;
    for (auto it = f.free.begin(); it != f.free.end();) {
        auto& worker = *it++;
        if (worker.running.empty()) stop(worker);
    }
    forget_if_empty(f);
}

void Scheduler::House::take(const MemoryShort&) {
    for (int n = (counts_.idle + 7) / 8; n > 0; --n) stop(idle_.front());
}

// ---- Calls and workers ----

Worker* Scheduler::House::find(WorkerId id) {
    const auto it = workers_.find(id);
    return it == workers_.end() ? nullptr : &it->second;
}

void Scheduler::House::run(Worker& worker, const Waiting& call, Start start) {
    if (worker.idle_hook.is_linked()) {
        worker.idle_hook.unlink();
        worker.keep_hook.unlink();
        worker.awake_hook.unlink();
        --counts_.idle;
        ++counts_.busy;
    }
    worker.running.push_back({call.call, now_, call.arrived, call.deadline, call.number});
    ++worker.function->running;
    if (!worker.has_room()) worker.free_hook.unlink();
    join_crew(worker);
    out_->push_back(RunCall{worker.id, call.call, start});
}

// By age: one that was taken back goes before those that came after it.
void Scheduler::House::put_in_line(FunctionState& f, Waiting call) {
    auto place = f.waiting.end();
    while (place != f.waiting.begin() && std::prev(place)->number > call.number) --place;
    const auto it = f.waiting.insert(place, call);
    it->due = deadlines_.emplace(it->deadline, it);
    ++counts_.waiting;
    if (!it->patient) return;
    ++f.patient;
    patient_.emplace(it->number, it);
}

// Gives a worker the calls it has room for, and puts it where it then belongs.
void Scheduler::House::feed(Worker& worker, Start start) {
    auto& f = *worker.function;
    while (worker.has_room() && !f.waiting.empty()) {
        run(worker, take_off_line(f.waiting.begin()), start);
    }
    rest(worker);
    reconsider(f);
    while (worker.takes_ahead(options_.ahead) && f.patient > 0 && f.waiting.front().patient &&
           f.waiting.front().recallable) {
        send_ahead(worker, take_off_line(f.waiting.begin()));
    }
}

void Scheduler::House::rest(Worker& worker) {
    if (worker.state != State::ready) return;
    auto& f = *worker.function;
    if (worker.running.empty()) {
        if (worker.draining || f.retired) return stop(worker);
        worker.idle_since = now_;
        idle_.push_back(worker);
        kept_[step_for(f.usual_pause, options_.idle_keep)].push_back(worker);
        awake_.push_back(worker);
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
    if (worker.state == State::starting) {
        --counts_.starting;
        worker.function->coming -= worker.slots;
    } else {
        --(worker.idle_hook.is_linked() ? counts_.idle : counts_.busy);
    }
    ++counts_.stopping;
    if (worker.draining) --draining_;
    worker.draining = false;
    worker.state = State::stopping;
    worker.free_hook.unlink();
    worker.idle_hook.unlink();
    worker.keep_hook.unlink();
    worker.awake_hook.unlink();
    worker.crew_hook.unlink();
    --committed_;
    committed_mb_ -= worker.memory_mb;
}

// Rule (4). One at a time drains: a worker with several calls takes a while to become free.
bool Scheduler::House::must_give_way(const Worker& worker) const {
    if (hungry_.empty() || draining_ > 0 || worker.state != State::ready) return false;
    const auto& next = *hungry_.begin()->second;
    return &next != worker.function && now_ - next.waiting.front().arrived >= options_.turn &&
           now_ - worker.ready_since >= options_.turn;
}

Waiting Scheduler::House::take_off_line(std::list<Waiting>::iterator call) {
    const Waiting taken = *call;
    deadlines_.erase(call->due);
    if (call->patient) {
        --call->function->patient;
        patient_.erase(call->number);
    }
    call->function->waiting.erase(call);
    --counts_.waiting;
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
    forget_sleepers();
}

void Scheduler::House::freeze() {
    while (!awake_.empty() && now_ - awake_.front().idle_since >= options_.freeze_after) {
        out_->push_back(FreezeWorker{awake_.front().id});
        awake_.pop_front();
    }
}

// A pause longer than what a worker is kept for teaches nothing more.
void Scheduler::House::forget_sleepers() {
    while (!asleep_.empty() && now_ - *asleep_.front().quiet_since >= 2 * options_.idle_keep.most)
        functions_.erase(FunctionId{asleep_.front().id});
}

// ---- Growing ----

// Keeps hungry_ true after anything about `f` changed.
void Scheduler::House::reconsider(FunctionState& f) {
    if (f.patient > 0 && !is_patient(f)) {
        for (auto call = f.waiting.rbegin(); f.patient > 0; ++call, --f.patient) {
            patient_.erase(call->number);
            call->patient = false;
        }
    }
    while (f.eager() > 0 && !f.free.empty()) {
        run(f.free.front(), take_off_line(f.waiting.begin()), Start::warm);
    }
    const auto as = f.wants_more() ? f.waiting.front().number : 0;
    if (as == f.hungry_as) return;
    if (f.hungry_as != 0) hungry_.erase(f.hungry_as);
    if (as != 0) hungry_.emplace(as, &f);
    f.hungry_as = as;
}

// The oldest call's function first; while it does not fit, no other passes it.
void Scheduler::House::reserve_places() {
    while (!hungry_.empty()) {
        auto& f = *hungry_.begin()->second;
        const int mb = f.limits.memory_mb;
        while (!fits(committed_, committed_mb_, mb) && !idle_.empty()) stop(idle_.front());
        if (!fits(committed_, committed_mb_, mb)) return;
        ++committed_;
        committed_mb_ += mb;
        ++f.placed;
        f.coming += f.limits.concurrency;
        placed_.push_back({&f, mb, f.limits.concurrency});
        reconsider(f);
    }
}

// Starts what has a place and now also room. True if a place was given back, so that another may
// have it.
bool Scheduler::House::start_placed() {
    bool given_back = false;
    while (!placed_.empty()) {
        const auto place = placed_.front();
        auto& f = *place.function;
        const bool wanted = f.eager() > f.coming - place.slots;
        if (wanted && !fits(std::ssize(workers_), counts_.memory_mb, place.memory_mb)) break;
        placed_.pop_front();
        --f.placed;
        if (wanted) {
            start(place);
        } else {
            given_back = true;
            give_back(place);
        }
    }
    return given_back;
}

void Scheduler::House::start(const Place& place) {
    const WorkerId id{next_worker_++};
    const auto [it, fresh] =
        workers_.try_emplace(id, id, place.function, place.memory_mb, place.slots);
    CHECK(fresh);
    it->second.running.reserve(static_cast<std::size_t>(place.slots));
    ++place.function->workers;
    ++counts_.starting;
    counts_.memory_mb += place.memory_mb;
    out_->push_back(StartWorker{id, place.function->id});
}

void Scheduler::House::give_back(const Place& place) {
    --committed_;
    committed_mb_ -= place.memory_mb;
    place.function->coming -= place.slots;
    reconsider(*place.function);
    forget_if_empty(*place.function);
}

bool Scheduler::House::fits(std::int64_t workers, std::int64_t memory_mb, int wanted_mb) const {
    return workers < options_.workers_max && memory_mb + wanted_mb <= options_.memory_mb_max;
}

void Scheduler::House::forget_if_empty(FunctionState& f) {
    if (f.workers > 0 || f.placed > 0 || !f.waiting.empty()) return;
    if (f.retired || !f.quiet_since) functions_.erase(FunctionId{f.id});
    else if (!f.asleep_hook.is_linked()) asleep_.push_back(f);
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
    if (f.waiting.empty()) return Hold::nothing;
    if (f.eager() == 0) return Hold::soon;
    if (f.eager() <= f.coming) return Hold::starting;
    return f.wants_more() ? Hold::house_full : Hold::function_limit;
}

}  // namespace mayfly::sched
