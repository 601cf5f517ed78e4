// One call as a trace shows it. A plain value.
#pragma once

#include "base/clock.hpp"
#include "model/call.hpp"
#include "model/trace.hpp"

#include <string>

namespace mayfly::traces {

struct CallSpan {
    TraceContext context;
    std::string request_id, trigger, instance_id;
    Route route;
    WallTime start;     // it arrived
    Micros duration{};  // until its answer was ready
    Course course{};    // its phases follow one another from `start` on
    Outcome outcome = Outcome::ok;
    bool cold = false;
};

}  // namespace mayfly::traces
