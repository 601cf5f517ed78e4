// Moves the memory of groups to swap, in a process of its own: the kernel does it while we wait,
// some milliseconds for each, and a cold start should not wait beside it.
//
// Used by the launcher only (one thread).
#pragma once

#include "base/fd.hpp"
#include "sandbox/cgroup.hpp"

#include <sys/types.h>

namespace mayfly::sandbox {

class Reclaimer {
public:
    Reclaimer() = default;
    ~Reclaimer();  // ends the process, which is waited for by whoever waits for all children
    Reclaimer(const Reclaimer&) = delete;
    Reclaimer& operator=(const Reclaimer&) = delete;

    // Returns at once. Starts the process with the first order; where it cannot, or has too much to
    // do, the memory stays.
    void ask(const ReclaimFile& file);

private:
    bool start();

    Fd orders_;  // whole ReclaimFiles, in a pipe
    Fd pidfd_;
};

}  // namespace mayfly::sandbox
