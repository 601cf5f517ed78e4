// Workers that idle go first when the machine runs short of memory.
#pragma once

#include "engine/engine.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"

#include <optional>
#include <string_view>

namespace mayfly::engine {

// The share of the machine's memory that is still to be had, 0 to 1; nothing if the text is not of
// that form. `meminfo`: /proc/meminfo, proc(5).
std::optional<double> share_available(std::string_view meminfo);

// Whether the machine has swap, at all. `meminfo` as above.
bool has_swap(std::string_view meminfo);

// Looks once a second, for ever: meant for a TaskGroup. Below a tenth the engine is told.
Task<> watch_memory(io::Timers& timers, Engine& engine);

}  // namespace mayfly::engine
