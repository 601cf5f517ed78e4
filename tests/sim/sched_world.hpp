// A random world around sched::Scheduler: callers, workers that start, die, hang and take their
// time, functions that are replaced. One seed is one world. Beside it runs a plain model of what
// must hold, which knows nothing of how the scheduler decides.
#pragma once

#include <cstdint>

namespace mayfly::sim {

struct Told {
    std::uint64_t digest = 0;  // of every order, in order
    long orders = 0, answered = 0, refused = 0;
    double virtual_hours = 0;
};

// Runs the world to its end, when nothing is left to happen. A broken rule prints the seed, the
// moment and the rule on stderr and ends the process with 1.
Told run_world(std::uint64_t seed, bool verbose);

}  // namespace mayfly::sim
