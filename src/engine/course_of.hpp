// What is kept of where a call's time went. Pure.
#pragma once

#include "model/course.hpp"
#include "workers/pool.hpp"

#include <string_view>

namespace mayfly::engine {

// On the clock of the loop; Time{} for what did not happen.
struct CallTimes {
    Time came{};
    Time begun{};        // on its worker
    Time initialized{};  // by this call's worker, for this call
    Time ended{};
};

// Why no worker is waiting for a call. `workers`: of its function, as it comes.
std::string_view cause_of(int workers);

// `birth`: of the worker that was made for the call; null for one that was there. A warm call that
// did not wait has no phases: there is nothing to say.
Course course_of(const CallTimes& times, std::string_view cause, const workers::Birth* birth);

}  // namespace mayfly::engine
