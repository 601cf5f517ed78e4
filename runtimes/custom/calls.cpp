#include "custom/calls.hpp"

#include "custom/body.hpp"
#include "custom/call.hpp"
#include "custom/parts.hpp"
#include "custom/request.hpp"

#include <unistd.h>

#include <system_error>
#include <thread>

namespace mayfly::custom {

namespace {

// Before the first print of a call (PROTOCOL.md); the program may print at any time, so before all.
void mark_log(const Call& call) {
    const auto mark = "\x1e" + call.request_id + "\n";
    (void)!::write(STDOUT_FILENO, mark.data(), mark.size());
}

}  // namespace

void Calls::serve(Connection connection) {
    for (;;) {
        auto frame = inbox_.next();
        begin_one();
        take(connection, std::move(frame));
        end_one();
    }
}

void Calls::begin_one() {
    const std::lock_guard lock(counting_);
    if (++running_ < threads_ || threads_ >= setup_.concurrency) return;
    try {
        std::thread([this] { serve(Connection(setup_.port)); }).detach();
        ++threads_;
    } catch (const std::system_error&) {
        // The function has used up its processes: those there are serve one call after the other.
    }
}

void Calls::end_one() {
    const std::lock_guard lock(counting_);
    if (--running_ == 0) settled_.notify_all();
}

void Calls::settle(Millis limit) {
    std::unique_lock lock(counting_);
    settled_.wait_for(lock, limit, [&] { return running_ == 0; });
}

void Calls::take(Connection& connection, Inbox::Frame frame) {
    const bool is_hook = frame.header.type == workers::FrameType::hook;
    if (frame.header.type != workers::FrameType::call && !is_hook) ::_exit(2);
    const auto call = read_call(frame.header.call, std::move(frame.payload));
    if (!call) ::_exit(2);
    if (setup_.concurrency == 1) mark_log(*call);
    const auto answered = is_hook ? run_hook(connection, *call, workers::Hook{frame.header.flags})
                                  : answer(connection, *call);
    outbox_.send(workers::FrameType::answer, answered.flags, call->id,
                 {answered.head, answered.body});
}

Answer Calls::answer(Connection& connection, const Call& call) {
    if (auto failed = initialize(connection, call)) return *std::move(failed);
    if (call.http) return answer_http(connection, call);
    auto response = connection.exchange(call_request(setup_, call));
    return response ? event_answer(*std::move(response)) : broken(response.error());
}

Answer Calls::answer_http(Connection& connection, const Call& call) {
    std::optional<Parts> parts;
    std::optional<Body> body;
    if (call.http->credit > 0) parts.emplace(inbox_, outbox_, call);
    if (call.http->more) body.emplace(inbox_, outbox_, call);
    auto response = connection.exchange(call_request(setup_, call), {}, parts ? &*parts : nullptr,
                                        body ? &*body : nullptr);
    if (!response) return broken(response.error());
    return parts && parts->begun() ? parts_end() : http_answer(*std::move(response));
}

// What was never initialized has nothing to put in order.
Answer Calls::run_hook(Connection& connection, const Call& call, workers::Hook hook) {
    {
        const std::lock_guard lock(initializing_);
        if (setup_.has_initializer && (!initialized_ || initializer_failed_)) return {};
    }
    auto response = connection.exchange(hook_request(setup_, call, hook));
    return response ? event_answer(*std::move(response)) : broken(response.error());
}

Answer Calls::broken(const Error& error) {
    end_one();  // so that nobody waits for it
    program_.yield_to_its_end();
    begin_one();
    return failure_answer(error);
}

// Once, by the call that comes first; the others wait for it. One that failed is never tried again:
// the server drops this worker.
std::optional<Answer> Calls::initialize(Connection& connection, const Call& call) {
    const std::lock_guard lock(initializing_);
    if (initialized_ || !setup_.has_initializer) return initializer_failed_;
    auto response = connection.exchange(initialize_request(setup_, call));
    auto answered = response ? event_answer(*std::move(response)) : broken(response.error());
    initialized_ = true;
    if (answered.flags == 0) {
        outbox_.send(workers::FrameType::stage, workers::kInitialized, 0, {});
    } else {
        answered.flags |= workers::kEnds;
        initializer_failed_ = std::move(answered);
    }
    return initializer_failed_;
}

}  // namespace mayfly::custom
