// What a process had of the cores, and how long it waited for them. The scheduler of the kernel
// counts both for each thread: /proc/PID/schedstat, Documentation/scheduler/sched-stats.rst.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::workers {

// Of a process's first thread, since it began.
struct CoreTime {
    Micros ran{};
    Micros waited{};  // it could have run, and no core was free
};

// Of "RAN WAITED SLICES", the first two in nanoseconds. Nothing if the text is not of that form.
std::optional<CoreTime> core_time(std::string_view schedstat);

// Of a control group's cpu.stat, "usage_usec MICROSECONDS" first: what all its threads had since it
// was made. Nothing if the text is not of that form.
std::optional<Micros> core_use(std::string_view cpu_stat);

// What a call took less what it waited for a core, though no less than it ran: what it would take
// on a machine of its own. The counts are those before and after it. Nothing if its work was not
// its process's first thread's, whose counts then stand still.
std::optional<Micros> undisturbed(Micros took, const CoreTime& before, const CoreTime& after);

}  // namespace mayfly::workers
