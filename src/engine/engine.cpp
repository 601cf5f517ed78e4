#include "engine/engine.hpp"

#include "base/check.hpp"
#include "engine/answers.hpp"
#include "engine/course_of.hpp"
#include "engine/open_call.hpp"
#include "engine/request_body.hpp"
#include "workers/http_wire.hpp"
#include "workers/setup.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::engine {

Engine::Engine(catalog::Catalog& catalog, workers::Pool& pool, workers::LogBook& log_book,
               meter::Ledger& ledger, io::Timers& timers, Rng& rng, const Log& log, Options options)
    : catalog_(catalog),
      pool_(pool),
      log_book_(log_book),
      ledger_(ledger),
      timers_(timers),
      rng_(rng),
      log_(log),
      options_(options),
      scheduler_(options.scheduler),
      deadlines_(timers, [this](Deadlines::Key key) { on_deadline(key); }),
      tick_(timers.alarm([this] {
          tick_set_ = Time::max();
          tell(sched::Tick{});
      })) {}

Engine::~Engine() {
    for (const auto& [call, streamed] : streamed_) streamed->open.body->let_go();
}

void Engine::open() {
    pool_.tell(
        {.ready = [this](WorkerId w) { on_ready(w); },
         .initialized = [this](WorkerId w) { on_initialized(w); },
         .answered = [this](WorkerId w, CallId c,
                            workers::Answer a) { on_answered(w, c, std::move(a)); },
         .part = [this](WorkerId w, CallId c, std::uint8_t flags,
                        std::string p) { on_part(w, c, flags, std::move(p)); },
         .credit = [this](WorkerId w, CallId c, std::uint32_t bytes) { on_credit(w, c, bytes); },
         .drained = [this](WorkerId w) { on_drained(w); },
         .silent = [this](WorkerId w) { on_silent(w); },
         .gone = [this](WorkerId w, workers::Ending e) { on_gone(w, std::move(e)); }});
}

Task<Result<Reply>> Engine::invoke(Call call) {
    CO_TRY(auto route, catalog_.route(call.target));
    if (!budgets_.empty()) CO_TRYV(check_budget(call.target.account));
    const auto& spec = route->function.spec;
    const FunctionId function = route->id;
    routes_.try_emplace(function, route);
    const CallId id{next_call_++};
    OpenCall open{.call = call,
                  .route = std::move(route),
                  .arrived = timers_.wall(),
                  .came = timers_.now(),
                  .cause = cause_of(scheduler_.workers(function))};
    if (call.caller_span || record_span_) begin_trace(call, open);
    const auto credit = call.takes_parts ? workers::kCreditBytes : 0;
    open.parts = workers::AnswerParts(credit);
    if (call.http) open.about = workers::about_http(*call.http, credit, call.incoming != nullptr);
    if (call.retry_count > 0) workers::add_retry_count(open.about, call.retry_count);
    if (open.span && !call.http) workers::add_traceparent(open.about, traceparent(*open.span));
    if (!open.route->service.role.empty())
        add_credentials(*open.route, call.caused_by, open.span.get(), open.about);
    const auto frame_bytes = open.about.size() + call.body.size();
    calls_.emplace(id, &open);
    if (call.caller_gone) call.caller_gone->tell = [this, id] { on_caller_gone(id); };
    tell(sched::CallArrived{
        .call = id,
        .function = function,
        .deadline = open.came + options_.wait_max + workers::program_start_limit(spec),
        .limits = limits_of(*open.route),
        .recallable = frame_bytes <= workers::kRecallableBytes && !call.incoming,
        .tenant = tenant_of(call.target.account),
        .background = call.async});
    auto reply = co_await open.reply.wait();
    if (ledger_.sync_always() && !(reply && reply->parts)) co_await settle_bill();
    co_return reply;
}

void Engine::retire(FunctionId function) {
    std::erase_if(routes_, [](const auto& entry) { return entry.second.expired(); });
    start_failures_.erase(function);
    scaled_.erase(function);
    credentials_.erase(function);
    tell(sched::FunctionRetired{function});
}

// Orders may cause facts at once; they wait their turn, so that the scheduler sees one at a time.
void Engine::tell(const sched::Fact& fact) {
    facts_.push_back(fact);
    if (telling_) return;
    telling_ = true;
    std::vector<sched::Order> orders;
    while (!facts_.empty()) {
        orders.clear();
        scheduler_.on(facts_.front(), timers_.now(), orders);
        facts_.pop_front();
        for (const auto& order : orders) std::visit([this](const auto& o) { carry_out(o); }, order);
    }
    telling_ = false;
    if (const Time next = scheduler_.next_tick(); next < tick_set_) {
        tick_set_ = next;
        tick_->set(next);
    }
}

void Engine::carry_out(const sched::StartWorker& order) {
    // A worker is started for a call that waits, and that call holds it; or it is to be kept.
    const auto scaled = scaled_.find(order.function);
    const auto route =
        scaled == scaled_.end() ? routes_.at(order.function).lock() : scaled->second.route;
    CHECK(route);
    workers_[order.worker] = {.route = route,
                              .tenant = tenant_of(route->function.account).id,
                              .initialized = route->function.spec.initializer.empty()};
    const auto limit = options_.start_limit + workers::program_start_limit(route->function.spec);
    deadlines_.set(key_of(order.worker), timers_.now() + limit);
    pool_.start(order.worker, route);
}

void Engine::carry_out(const sched::RunCall& order) {
    auto& open = *calls_.at(order.call);
    auto& worker = workers_.at(order.worker);
    if (worker.hooks.hold(order)) return;
    open.worker = order.worker;
    open.start = order.start;
    open.instance_id = pool_.instance_id(order.worker);
    // Loading the code is the function's time; the sandbox before it is ours.
    if (order.ahead) worker.ahead.push_back(order.call);
    else
        begin(order.call, worker,
              order.start == Start::cold ? worker.loading_since : timers_.now());
    pool_.run(order.worker, order.call, open.call.request_id, open.call.body, open.about);
    if (open.call.incoming) begin_body(order.call, open, worker);
}

void Engine::carry_out(const sched::TakeBack& order) {
    auto& worker = workers_.at(order.worker);
    if (worker.hooks.let_go(order.call)) tell(sched::CallTakenBack{order.worker, order.call});
    else take_back(order.worker, worker);
}

// A call whose frame no one has read has not begun. False: there was none.
bool Engine::take_back(WorkerId id, BusyWorker& worker) {
    if (worker.ahead.empty()) return false;
    const auto call = pool_.take_back(id, worker.ahead.front());
    if (!call) return false;
    std::erase(worker.ahead, *call);
    tell(sched::CallTakenBack{id, *call});
    return true;
}

void Engine::begin(CallId call, BusyWorker& worker, Time when) {
    auto& open = *calls_.at(call);
    open.begun = when;
    worker.worked = true;
    worker.calls.push_back(call);
    set_deadline(call, open, worker);
}

void Engine::carry_out(const sched::Refuse& order) {
    const auto node = calls_.extract(order.call);
    if (node.empty()) return;  // its caller has been answered
    auto& open = *node.mapped();
    auto why = refusal(order, open);
    if (why.kind == Kind::busy) ++throttles_[to_text(order.why)];
    open.reply.give(Failure(std::move(why)));
}

Error Engine::refusal(const sched::Refuse& order, const OpenCall& call) const {
    const auto& f = call.route->function;
    const auto name = f.service + "/" + f.spec.name;
    using Why = sched::Why;
    switch (order.why) {
        case Why::full:
        case Why::tenant_full:
        case Why::late:
        case Why::too_big:
        case Why::none_allowed:
        case Why::withdrawn:
            return Error(Kind::busy,
                         fmt::format("{} could not run: {} ({})", name, to_text(order.why),
                                     to_text(order.hold)),
                         "ResourceExhausted");
        case Why::start_failed: {
            const auto known = start_failures_.find(call.route->id);
            if (known != start_failures_.end() && !known->second.code.empty())
                return Error(Kind::failed, fmt::format("{}: {}", name, known->second.what),
                             known->second.code);
            return Error(Kind::unavailable,
                         fmt::format("no worker of {} could be started: {}", name,
                                     known == start_failures_.end() ? "its process ended at once"
                                                                    : known->second.what),
                         "ServiceUnavailable");
        }
        case Why::lost:
            return Error(Kind::internal, fmt::format("the worker of {} was lost", name));
    }
    CHECK(false);
}

void Engine::set_deadline(CallId call, const OpenCall& open, const BusyWorker& worker) {
    const auto& spec = open.route->function.spec;
    const auto limit = worker.initialized ? spec.timeout : spec.initialization_timeout;
    deadlines_.set(key_of(call), open.begun + limit);
}

void Engine::on_ready(WorkerId worker) {
    deadlines_.clear(key_of(worker));
    if (!start_failures_.empty()) start_failures_.erase(workers_.at(worker).route->id);
    workers_.at(worker).loading_since = timers_.now();
    tell(sched::WorkerReady{worker});
}

// The initializer had its own limit; the handler's begins now. Once: a function that says so again
// must not get more time.
void Engine::on_initialized(WorkerId id) {
    auto& worker = workers_.at(id);
    if (std::exchange(worker.initialized, true)) return;
    for (const auto call : worker.calls) {
        calls_.at(call)->initialized = timers_.now();
        deadlines_.set(key_of(call), timers_.now() + worker.route->function.spec.timeout);
    }
}

void Engine::on_answered(WorkerId id, CallId call, workers::Answer answer) {
    auto& worker = workers_.at(id);
    if (worker.hooks.running() && worker.open_hook.call == call)
        return on_hook_answered(id, std::move(answer));
    if (std::erase(worker.calls, call) == 0) return;  // too late, or invented by the function
    worker.hooks.answered_a_call();
    const auto& open = *calls_.at(call);
    Reply reply{.outcome = outcome_of(answer.flags),
                .body = std::move(answer.body),
                .duration = timers_.now() - open.begun,
                .memory_bytes_peak = answer.memory_bytes_peak};
    if (open.parts.begun() || open.unread) end_parts(open, answer, reply);
    else if (open.call.http && !take_http(answer.flags, reply)) answer.flags |= workers::kEnds;
    if (!worker.ahead.empty() && !(answer.flags & workers::kEnds)) {
        begin(worker.ahead.front(), worker, timers_.now());
        worker.ahead.pop_front();
    }
    if (answer.flags & workers::kEnds) doom(id);
    if (open.body || open.call.incoming) send_what_waited(worker);
    // The worker is free before its caller hears: the caller's next call must find it.
    tell(ended(id, call, worker, reply.duration));
    finish(call, std::move(reply), std::move(answer.log), birth_of(open));
}

// It costs a few microseconds to know what it took undisturbed: only where many run at once, and so
// wait for each other.
sched::CallEnded Engine::ended(WorkerId id, CallId call, BusyWorker& worker, Micros took) {
    std::optional<workers::CoreTime> now;
    if (scheduler_.is_crowded(worker.route->id)) now = pool_.core_time(id);
    const auto before = std::exchange(worker.core_time, now);
    if (!before || !now) return {id, call};
    const auto own = workers::undisturbed(took, *before, *now);
    return {id, call, own, std::min(own.value_or(Micros{}), now->ran - before->ran)};
}

void Engine::on_silent(WorkerId worker) { doom(worker); }

void Engine::doom(WorkerId id) {
    auto& worker = workers_.at(id);
    if (worker.doomed) return;
    worker.doomed = true;
    while (take_back(id, worker)) {
    }
    pool_.stop(id);
    tell(sched::WorkerDoomed{id});
    // What was held has not begun: another worker has it.
    for (const auto& held : worker.hooks.take_held()) tell(sched::CallTakenBack{id, held.call});
}

void Engine::on_gone(WorkerId id, workers::Ending ending) {
    const auto node = workers_.extract(id);
    CHECK(!node.empty());
    auto& worker = node.mapped();
    deadlines_.clear(key_of(id));
    const auto& spec = worker.route->function.spec;
    if (!ending.was_ready) {
        start_failures_.insert_or_assign(worker.route->id,
                                         Error(Kind::unavailable, ending.why, ending.code));
        log_.warn("{}/{}: a worker did not start: {}", worker.route->function.service, spec.name,
                  ending.why);
    }
    if (worker.hooks.running())
        finish_hook(worker, ending.out_of_memory ? Outcome::out_of_memory : Outcome::died,
                    std::exchange(ending.log, {}),
                    died_json(timers_.now() - worker.open_hook.begun, ending.memory_bytes_peak,
                              ending.out_of_memory, spec.memory_mb, ending.why),
                    ending.memory_bytes_peak);
    // It answers one call before it begins the next.
    for (const auto call : worker.ahead) tell(sched::CallTakenBack{id, call});
    for (const auto call : worker.calls) {
        const Micros duration = timers_.now() - calls_.at(call)->begun;
        Reply reply{.outcome = ending.out_of_memory ? Outcome::out_of_memory : Outcome::died,
                    .body = died_json(duration, ending.memory_bytes_peak, ending.out_of_memory,
                                      spec.memory_mb, ending.why),
                    .duration = duration,
                    .memory_bytes_peak = ending.memory_bytes_peak};
        finish(call, std::move(reply), std::exchange(ending.log, {}), &ending.birth);
    }
    tell(sched::WorkerGone{id});
}

void Engine::on_deadline(Deadlines::Key key) {
    if (!(key & 1)) return on_call_late(CallId{key >> 1});
    const WorkerId worker{key >> 1};
    if (workers_.at(worker).hooks.running()) return on_hook_late(worker);
    doom(worker);  // its process did not come up
}

void Engine::on_call_late(CallId call) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    const auto& open = *found->second;
    const auto& spec = open.route->function.spec;
    const bool initializing = !workers_.at(open.worker).initialized;
    auto peak = pool_.memory_bytes_peak(open.worker);
    Reply reply{.outcome = Outcome::timed_out,
                .body = initializing ? initializer_timed_out_json(spec.initialization_timeout, peak)
                                     : timed_out_json(spec.timeout, peak),
                .duration = timers_.now() - open.begun,
                .memory_bytes_peak = peak};
    cut_off(call, open, std::move(reply));
}

void Engine::cut_off(CallId call, const OpenCall& open, Reply reply) {
    std::erase(workers_.at(open.worker).calls, call);
    auto printed = pool_.take_log(open.worker);
    doom(open.worker);
    finish(call, std::move(reply), std::move(printed), birth_of(open));
}

// One that was sent ahead, or runs beside others on its worker, is left alone: it ends by itself,
// and is billed.
void Engine::on_caller_gone(CallId call) {
    const auto found = calls_.find(call);
    if (found == calls_.end()) return;
    auto& open = *found->second;
    if (open.begun == Time{}) return tell(sched::CallWithdrawn{call, open.route->id});
    if (open.unread) return;  // its worker knows
    if (!cut_off_if_alone(call, open, Outcome::cancelled) && open.body) leave_unread(call, open);
}

std::size_t Engine::sync_waiting() const {
    const auto counts = scheduler_.counts();
    return static_cast<std::size_t>(counts.waiting - counts.background);
}

bool Engine::stop_call(const std::string& request_id) {
    const auto found = std::ranges::find_if(
        calls_, [&](const auto& entry) { return entry.second->call.request_id == request_id; });
    if (found == calls_.end() || found->second->begun == Time{}) return false;
    return cut_off_if_alone(found->first, *found->second, Outcome::died);
}

bool Engine::cut_off_if_alone(CallId id, const OpenCall& open, Outcome outcome) {
    const auto& worker = workers_.at(open.worker);
    if (worker.doomed || worker.calls != std::vector{id}) return false;
    const Micros duration = timers_.now() - open.begun;
    const auto peak = pool_.memory_bytes_peak(open.worker);
    cut_off(id, open,
            {.outcome = outcome,
             .body = stopped_json(duration, peak),
             .duration = duration,
             .memory_bytes_peak = peak});
    return true;
}

// Of a call whose worker was made for it and is not gone; a warm call has no use for it.
const workers::Birth* Engine::birth_of(const OpenCall& open) const {
    return open.start == Start::cold ? &pool_.birth(open.worker) : nullptr;
}

void Engine::add_what_is_known(Reply& reply, const OpenCall& open,
                               const workers::Birth* birth) const {
    reply.start = open.start;
    reply.course = course_of({open.came, open.begun, open.initialized, timers_.now()}, open.cause,
                             open.start == Start::cold ? birth : nullptr);
    reply.instance_id = open.instance_id;
    reply.route = open.route;
    if (open.span) reply.span = *open.span;
}

// Counts the call and tells its caller. The caller's coroutine goes on inside give().
void Engine::finish(CallId call, Reply reply, std::string printed, const workers::Birth* birth) {
    const auto node = calls_.extract(call);
    deadlines_.clear(key_of(call));
    auto& open = *node.mapped();
    const auto& f = open.route->function;
    add_what_is_known(reply, open, birth);
    record_trace(open, reply);
    const auto billed = ledger_.record({.request_id = open.call.request_id,
                                        .route = open.route,
                                        .trigger = open.call.trigger,
                                        .start = open.arrived,
                                        .duration = reply.duration,
                                        .memory_bytes_peak = reply.memory_bytes_peak,
                                        .how = reply.start,
                                        .outcome = reply.outcome,
                                        .course = reply.course,
                                        .span = open.span ? *open.span : TraceContext{}});
    workers::LoggedCall logged{.ended = timers_.wall(),
                               .request_id = open.call.request_id,
                               .text = std::move(printed),
                               .outcome = reply.outcome,
                               .duration = reply.duration,
                               .billed = std::chrono::duration_cast<Millis>(billed),
                               .memory_mb = f.spec.memory_mb,
                               .memory_bytes_peak = reply.memory_bytes_peak};
    if (open.call.wants_log)
        reply.log = workers::tail(workers::as_fc_text(logged), options_.log_tail_bytes);
    log_book_.add(*open.route, std::move(logged));
    if (open.call.incoming) open.call.incoming->stop();
    if (!open.body) return open.reply.give(std::move(reply));
    const auto body = open.body;
    streamed_.erase(call);
    body->end(reply.outcome == Outcome::ok);
}

}  // namespace mayfly::engine
