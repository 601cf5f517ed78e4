// What the engine does with workers that have nothing to do: hooks, then freezing or stopping.

#include "engine/answers.hpp"
#include "engine/engine.hpp"
#include "model/request_id.hpp"

#include <algorithm>

namespace mayfly::engine {

void Engine::carry_out(const sched::FreezeWorker& order) {
    auto& worker = workers_.at(order.worker);
    follow(order.worker, worker.hooks.freeze(worker.route->function.spec));
}

void Engine::carry_out(const sched::StopWorker& order) {
    auto& worker = workers_.at(order.worker);
    follow(order.worker, worker.hooks.stop(worker.route->function.spec));
}

void Engine::follow(WorkerId id, Hooks::Step step) {
    switch (step) {
        case Hooks::Step::wait: return;
        case Hooks::Step::run: return begin_hook(id);
        case Hooks::Step::freeze: return pool_.freeze(id);
        case Hooks::Step::stop: return pool_.stop(id);
        case Hooks::Step::resume:
            for (const auto& order : workers_.at(id).hooks.take_held()) carry_out(order);
    }
}

void Engine::begin_hook(WorkerId id) {
    auto& worker = workers_.at(id);
    const auto hook = *worker.hooks.running();
    worker.open_hook = {.call = CallId{next_call_++},
                        .request_id = new_request_id(timers_, rng_),
                        .started = timers_.wall(),
                        .begun = timers_.now()};
    deadlines_.set(key_of(id), timers_.now() + limit_of(worker.route->function.spec, hook));
    pool_.run_hook(id, worker.open_hook.call, worker.open_hook.request_id, hook);
}

void Engine::on_hook_answered(WorkerId id, workers::Answer answer) {
    auto& worker = workers_.at(id);
    deadlines_.clear(key_of(id));
    const bool ok = outcome_of(answer.flags) == Outcome::ok;
    finish_hook(worker, ok ? Outcome::ok : Outcome::unhandled_error, std::move(answer.log),
                ok ? "" : answer.body, answer.memory_bytes_peak);
    if (answer.flags & workers::kEnds) {
        worker.hooks.cut_off();
        return doom(id);
    }
    follow(id, worker.hooks.ended(worker.route->function.spec));
}

void Engine::on_hook_late(WorkerId id) {
    auto& worker = workers_.at(id);
    const auto limit = limit_of(worker.route->function.spec, *worker.hooks.running());
    const auto peak = pool_.memory_bytes_peak(id);
    finish_hook(worker, Outcome::timed_out, pool_.take_log(id), timed_out_json(limit, peak), peak);
    worker.hooks.cut_off();
    doom(id);
}

// Nobody waits for its answer: its failure is told where its prints are.
void Engine::finish_hook(const BusyWorker& worker, Outcome outcome, std::string printed,
                         const std::string& failure, std::int64_t memory_bytes_peak) {
    const auto& ran = worker.open_hook;
    const auto what = workers::to_text(*worker.hooks.running());
    const Micros duration = timers_.now() - ran.begun;
    if (!printed.empty() && !printed.ends_with('\n')) printed += '\n';
    const auto billed = ledger_.record({.request_id = ran.request_id,
                                        .route = worker.route,
                                        .trigger = std::string(what),
                                        .start = ran.started,
                                        .duration = duration,
                                        .memory_bytes_peak = memory_bytes_peak,
                                        .outcome = outcome,
                                        .is_call = false});
    log_book_.add(*worker.route, {.ended = timers_.wall(),
                                  .request_id = ran.request_id,
                                  .text = std::move(printed) + failure,
                                  .outcome = outcome,
                                  .duration = duration,
                                  .billed = std::chrono::duration_cast<Millis>(billed),
                                  .memory_mb = worker.route->function.spec.memory_mb,
                                  .memory_bytes_peak = memory_bytes_peak,
                                  .what = what});
}

void Engine::close() {
    std::vector<FunctionId> functions;
    for (const auto& [id, worker] : workers_)
        if (!worker.route->function.spec.pre_stop.handler.empty())
            functions.push_back(worker.route->id);
    for (const auto function : functions) tell(sched::FunctionRetired{function});
}

std::size_t Engine::open_hooks() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        workers_, [](const auto& entry) { return entry.second.hooks.running().has_value(); }));
}

}  // namespace mayfly::engine
