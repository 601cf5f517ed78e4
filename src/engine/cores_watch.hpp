// Whether the machine's cores, or the loop that hands out the calls, have nothing left to give:
// then one more worker helps nobody whose calls are short (sched/need.hpp).
#pragma once

#include "engine/engine.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "workers/core_time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace mayfly::engine {

// Of all cores since the machine started, in clock ticks.
struct CoreTimes {
    std::int64_t idle = 0;
    std::int64_t all = 0;
};

// Nothing if the text is not of that form. `stat`: /proc/stat, proc(5).
std::optional<CoreTimes> core_times(std::string_view stat);

// Whether less than a fifth of the time between two looks was idle. False if none passed.
bool were_busy(const CoreTimes& before, const CoreTimes& now);

// Whether a thread had less than a fifth of the time between two looks for itself: it ran, or
// waited for a core. False if no time passed.
bool was_busy(const workers::CoreTime& before, const workers::CoreTime& now, Micros passed);

// Looks ten times a second while calls come, for ever: meant for a TaskGroup.
Task<> watch_cores(io::Timers& timers, Engine& engine);

}  // namespace mayfly::engine
