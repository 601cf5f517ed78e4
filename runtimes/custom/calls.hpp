// Carries calls from the server to the function's program and its answers back.
#pragma once

#include "custom/answer.hpp"
#include "custom/connection.hpp"
#include "custom/frames.hpp"
#include "custom/program.hpp"
#include "custom/setup.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace mayfly::custom {

// Each thread has a connection of its own and serves the calls it reads, one after the other. There
// are as many as calls at once, and one that waits for the next; never more than the function's
// concurrency. So with a concurrency of 1 there is one, and what it has not read can be taken back.
class Calls {
public:
    Calls(const Setup& setup, Inbox& inbox, Outbox& outbox, const Program& program)
        : setup_(setup), inbox_(inbox), outbox_(outbox), program_(program) {}

    // Until the server lets go of this process.
    [[noreturn]] void serve(Connection connection);

    // Waits until no call runs, at most so long: what the program answered before it ended is
    // passed on.
    void settle(Millis limit);

private:
    void begin_one();
    void end_one();
    void take(Connection& connection, Inbox::Frame frame);
    Answer answer(Connection& connection, const Call& call);
    Answer answer_http(Connection& connection, const Call& call);
    Answer run_hook(Connection& connection, const Call& call, workers::Hook hook);
    Answer broken(const Error& error);
    std::optional<Answer> initialize(Connection& connection, const Call& call);

    const Setup& setup_;
    Inbox& inbox_;
    Outbox& outbox_;
    const Program& program_;

    std::mutex counting_;
    std::condition_variable settled_;
    int threads_ = 1, running_ = 0;

    std::mutex initializing_;
    bool initialized_ = false;
    std::optional<Answer> initializer_failed_;
};

}  // namespace mayfly::custom
