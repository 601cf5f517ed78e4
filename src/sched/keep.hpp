// How long a worker without a call is kept, from how its function is called. Pure.
//
// Long enough for the usual pause between its calls, twice over, in a few steps; a function whose
// calls come too seldom even for the longest is not waited for. Each step's workers grow cold in
// the order in which they became idle, so a list per step is all the order that is needed.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstddef>

namespace mayfly::sched {

struct Keep {
    Micros least = Seconds{15};
    Micros usual = Seconds{60};  // while nothing is known
    Micros most = Seconds{600};
};

inline constexpr std::size_t kKeepSteps = 4;
using KeepSteps = std::array<Micros, kKeepSteps>;

// From the shortest to the longest.
constexpr KeepSteps steps_of(const Keep& keep) {
    return {keep.least, keep.usual, std::min(4 * keep.usual, keep.most), keep.most};
}

// `usual_pause`: from the end of a function's last call to its next; Micros::max() if unknown.
constexpr std::size_t step_for(Micros usual_pause, const Keep& keep) {
    if (usual_pause == Micros::max()) return 1;
    const auto steps = steps_of(keep);
    for (std::size_t i = 0; i < kKeepSteps; ++i)
        if (2 * usual_pause <= steps[i]) return i;
    return usual_pause < keep.most ? kKeepSteps - 1 : 0;
}

}  // namespace mayfly::sched
