// Calls whose answers come in parts: the caller has the head while the function still runs. And
// calls whose requests do: the function runs while the caller still sends.

#include "engine/answers.hpp"
#include "engine/engine.hpp"
#include "engine/open_call.hpp"
#include "engine/request_body.hpp"
#include "workers/http_wire.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::engine {

Engine::Streamed::Streamed(OpenCall& begun)
    : call(std::move(begun.call)),
      open{.call = call,
           .route = begun.route,
           .arrived = begun.arrived,
           .worker = begun.worker,
           .start = begun.start,
           .came = begun.came,
           .begun = begun.begun,
           .initialized = begun.initialized,
           .cause = begun.cause,
           .instance_id = begun.instance_id,
           .span = std::move(begun.span),
           .parts = begun.parts} {
    call.body = {};
}

void Engine::begin_body(CallId call, const OpenCall& open, BusyWorker& worker) {
    worker.hooks.parts_begin();
    open.call.incoming->begin(
        {.send = [this, id = open.worker, call](
                     std::uint8_t flags,
                     std::string_view bytes) { pool_.pass_on(id, call, flags, bytes); },
         .is_free = [this, id = open.worker] { return !pool_.is_full(id); }});
}

void Engine::on_credit(WorkerId id, CallId call, std::uint32_t bytes) {
    const auto& worker = workers_.at(id);
    if (worker.doomed || std::ranges::find(worker.calls, call) == worker.calls.end()) return;
    const auto body = calls_.at(call)->call.incoming;
    if (!body || !body->grant(bytes)) doom(id);
}

void Engine::on_drained(WorkerId id) {
    for (const auto call : std::vector(workers_.at(id).calls))
        if (const auto body = calls_.at(call)->call.incoming) body->look();
}

void Engine::on_part(WorkerId id, CallId call, std::uint8_t flags, std::string part) {
    auto& worker = workers_.at(id);
    if (worker.doomed) return;
    if (std::ranges::find(worker.calls, call) == worker.calls.end())
        return doom(id);  // of no call that it runs
    auto& open = *calls_.at(call);
    if (open.unread) return;  // it was on its way
    Result<workers::HttpAnswer> answer;
    if (flags & workers::kHead) answer = workers::read_http_answer(part);
    if (!answer && answer.error().kind == Kind::failed) {
        open.no_http = std::move(answer.error().what);
        return leave_unread(call, open);
    }
    if (!answer) return break_off(call, open, std::move(answer.error().what));
    const auto bytes = std::string_view(part).substr(answer->body_begins);
    if (const auto taken = open.parts.take(flags, bytes.size()); !taken)
        return break_off(call, open, taken.error().what);
    if (open.body) open.body->add(bytes);
    else begin_parts(call, open, worker, std::move(answer->head), bytes);
}

// The caller's coroutine goes on inside give(), and the call's frame ends with it.
void Engine::begin_parts(CallId call, OpenCall& begun, BusyWorker& worker, HttpHead head,
                         std::string_view first) {
    auto& kept = streamed_[call] = std::make_unique<Streamed>(begun);
    auto& open = kept->open;
    calls_.at(call) = &open;
    open.body = std::make_shared<AnswerBody>(AnswerBody::Reader{
        .took =
            [this, call, &open](std::size_t bytes) {
                open.parts.grant(bytes);
                pool_.grant(open.worker, call, static_cast<std::uint32_t>(bytes));
            },
        .left = [this, call] { on_caller_gone(call); },
        .settled =
            ledger_.sync_always() ? std::function([this] { return settle_bill(); }) : nullptr});
    worker.hooks.parts_begin();
    while (take_back(open.worker, worker)) {
    }
    open.body->add(first);
    Reply reply{.http = std::move(head), .parts = open.body};
    add_what_is_known(reply, open, birth_of(open));
    begun.reply.give(std::move(reply));
}

Task<> Engine::settle_bill() { (void)co_await ledger_.flush(); }  // a failure was told

// What its runtime says of an error that came too late for its caller goes to the log.
void Engine::end_parts(const OpenCall& open, workers::Answer& answer, Reply& reply) const {
    if (!open.no_http.empty()) {
        reply.outcome = Outcome::bad_response;
        reply.body = bad_response_json(open.no_http);
    } else if (open.unread) {
        reply.outcome = Outcome::cancelled;
    } else if (const auto ended = open.parts.end(answer.flags, reply.body.size()); !ended) {
        reply.outcome = Outcome::bad_response;
        answer.log += ended.error().what + "\n";
        answer.flags |= workers::kEnds;
    } else if (reply.outcome != Outcome::ok) {
        answer.log +=
            fmt::format("The answer had begun when the function failed: {}\n", reply.body);
    }
}

// What came for the worker while its call answered in parts.
void Engine::send_what_waited(BusyWorker& worker) {
    for (auto order : worker.hooks.parts_ended()) {
        order.ahead = !worker.calls.empty();  // the first of them begins
        carry_out(order);
    }
}

// Its runtime broke the rules of parts.
void Engine::break_off(CallId call, const OpenCall& open, std::string why) {
    const auto peak = pool_.memory_bytes_peak(open.worker);
    log_.warn("{}/{}: {}", open.route->function.service, open.route->function.spec.name, why);
    cut_off(call, open,
            {.outcome = Outcome::bad_response,
             .body = bad_response_json(why),
             .duration = timers_.now() - open.begun,
             .memory_bytes_peak = peak});
}

void Engine::leave_unread(CallId call, OpenCall& open) {
    open.unread = true;
    pool_.leave_unread(open.worker, call);
}

}  // namespace mayfly::engine
