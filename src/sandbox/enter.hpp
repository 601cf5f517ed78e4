// Making a sandboxed process: the one place that calls the mechanisms, in order.
#pragma once

#include "base/fd.hpp"
#include "sandbox/seccomp.hpp"
#include "sandbox/spec.hpp"
#include "sandbox/steps.hpp"

#include <signal.h>
#include <sys/types.h>

#include <span>

namespace mayfly::sandbox {

// What a zygote knows before any order comes.
struct Host {
    FilterProgram filter;
    int landlock_abi = 0;
    bool rootless = false;       // only the own uid can be mapped
    bool keeps_signals = false;  // the parent's handlers go on in the child
    sigset_t ignored{};          // else what the parent ignores, which a clone would go on to
};

// The descriptors of one order; borrowed, not owned.
struct Ends {
    int in = -1, out = -1, log = -1, netns = -1;
    int code = -1, gate = -1;  // one of them
    int layers = -1;           // -1 if there are none
    int ring = -1;             // likewise
    std::span<const int> cgroups;
};

struct Child {
    pid_t pid = -1;  // 0 in the child, -1 with errno set if the clone failed
    Fd pidfd;        // in the parent
    Fd gate;         // in the child: one byte comes once its ids are mapped
};

// Clones the calling single-threaded process into the namespaces of a new sandbox, as a sibling:
// the caller's parent becomes the child's parent. In the parent: ids are mapped, the child is let
// go. In the child nothing of the sandbox is in force yet but its namespaces: call enter() first.
Child clone_into_namespaces(const Host& host, const Spec& spec, const Ends& ends);

// In the child: limits, mounts, descriptors, capabilities, landlock, seccomp, in that order. On
// return descriptors 0 to 4, a parked one's gate and memory that is shared are as spec.hpp says and
// no other is open. An error has words for the worker's log; the process must then _exit.
StepError enter(const Host& host, const Spec& spec, const Ends& ends, const Child& self);

}  // namespace mayfly::sandbox
