// Network namespaces with nothing but a loopback device that is up, made ahead of time: making one
// takes 0.3 to 0.6 ms, entering one 2 us. network_namespaces(7). Each is used by one sandbox only.
#pragma once

#include "base/fd.hpp"
#include "sandbox/spec.hpp"
#include "sandbox/steps.hpp"

#include <cstdint>
#include <vector>

namespace mayfly::sandbox {

// In the calling process's network namespace.
StepError bring_loopback_up();

// Single-threaded: it changes the calling process's network namespace for a moment and comes back.
class NetworkPool {
public:
    // `wanted`: how many ready ones to hold.
    explicit NetworkPool(int wanted);

    bool full() const { return static_cast<int>(ready_.size()) >= wanted_; }
    // Less than half of that: a burst would soon wait for them.
    bool low() const { return static_cast<int>(ready_.size()) < wanted_ / 2; }
    StepError make_one();

    // Sockets that listen at 127.0.0.1, one at each of kDoorPorts, of another namespace, named by
    // its file or by the pidfd of a process in it. None with errno set if that cannot be.
    std::vector<Fd> open_doors(int other);

    // A device of another namespace, named likewise, that leads to the internet (tap.hpp). None
    // with errno set if that cannot be.
    Fd open_way_out(int other);

    // A ready namespace, or an empty Fd: then the sandbox makes its own.
    Fd take();

    // The same, made now if none is ready; empty with errno set if it cannot be.
    Fd take_or_make();

private:
    template <class Job>
    bool within(int other, Job job);

    int wanted_;
    Fd own_;
    std::vector<Fd> ready_;
};

}  // namespace mayfly::sandbox
