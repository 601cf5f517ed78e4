// The shim of custom runtimes: speaks PROTOCOL.md to the server and HTTP/1.1 to the function's own
// program, which it starts. Linked statically: it must be up in less time than the program.
#include "custom/calls.hpp"
#include "custom/frames.hpp"
#include "custom/program.hpp"
#include "custom/readiness.hpp"
#include "custom/setup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

namespace mayfly::custom {

namespace {

constexpr int kIn = 3, kOut = 4;
constexpr auto kSettleTime = Millis{200};

// Why no call can be served, as an answer to no call; the last frame of this worker.
[[noreturn]] void refuse(Outbox& outbox, const Error& error) {
    const auto said = failure_answer(error);
    outbox.send(workers::FrameType::answer, workers::kRaised | workers::kEnds, 0, {said.body});
    ::_exit(1);
}

[[noreturn]] void give_up(const Error& error) {
    std::fprintf(stderr, "mayfly: %s\n", error.what.c_str());
    ::_exit(2);
}

// Nothing of the program outlives it: this process is the first of its pid namespace.
[[noreturn]] void end_with(const Program& program, const Setup& setup, Calls& calls, Outbox& outbox,
                           const std::atomic<bool>& listens) {
    const auto how = program.wait_for_end();
    if (!listens)
        refuse(outbox,
               Error(Kind::failed,
                     fmt::format("'{}' {} before it took calls on 0.0.0.0:{}; it must stay in the "
                                 "foreground",
                                 setup.words[0], how, setup.port),
                     "CAExited"));
    calls.settle(kSettleTime);
    std::fprintf(stderr, "mayfly: the function's program '%s' %s\n", setup.words[0].c_str(),
                 how.c_str());
    ::_exit(1);
}

[[noreturn]] void serve(Inbox& inbox, Outbox& outbox) {
    const auto first = inbox.next();
    if (first.header.type != workers::FrameType::setup) ::_exit(2);
    const auto setup = read_setup(first.payload);
    if (!setup) give_up(setup.error());
    const auto program = Program::start(*setup);
    if (!program) refuse(outbox, program.error());
    Calls calls(*setup, inbox, outbox, *program);
    std::atomic<bool> listens = false;
    std::thread([&] { end_with(*program, *setup, calls, outbox, listens); }).detach();
    auto connection = wait_until_ready(*setup, SystemClock());
    if (!connection) {
        program->yield_to_its_end();
        refuse(outbox, connection.error());
    }
    listens = true;
    outbox.send(workers::FrameType::stage, workers::kLoading, 0, {});
    outbox.send(workers::FrameType::stage, workers::kLoaded, 0, {});  // it listens: all is there
    calls.serve(*std::move(connection));
}

}  // namespace

}  // namespace mayfly::custom

int main() {
    for (const int pipe : {mayfly::custom::kIn, mayfly::custom::kOut})
        ::fcntl(pipe, F_SETFD, FD_CLOEXEC);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);  // the program cannot reach the frames through /proc
    mayfly::custom::Inbox inbox(mayfly::custom::kIn);
    mayfly::custom::Outbox outbox(mayfly::custom::kOut);
    mayfly::custom::serve(inbox, outbox);
}
