// Forks a process with all its threads, so that a runtime that needs its threads can be a warmed
// parent.
//
// clone3(2) gives the child its calling thread only. So the others are parked first, each inside a
// signal handler; in the child each is started again on its own stack, with its own thread pointer,
// and leaves its handler as if nothing had happened. In the parent they leave it at once.
//
// Between park() and release() or revive() nothing may allocate or take a lock: a parked thread may
// hold it. The handler owns one real-time signal, which no runtime here uses. A thread that always
// blocks it (Node.js has one, which waits for a debugger) goes on, and is not in the child.
#pragma once

#include "sandbox/steps.hpp"

#include <array>
#include <cstddef>

namespace mayfly::sandbox {

class Threads {
public:
    // Installs the handler; one instance a process.
    Threads();

    // Parks every thread but the caller.
    void park();

    // In the parent.
    void release();

    // In the child, by the thread that forked.
    StepError revive();

private:
    void remember_deaf(int id);
    bool will_hear(int id);

    std::array<int, 16> deaf_{};  // threads that block the signal for ever
    std::ptrdiff_t deaf_count_ = 0;
};

}  // namespace mayfly::sandbox
