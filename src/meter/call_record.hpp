// One call as the ledger kept it. A plain value.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string>

namespace mayfly::meter {

struct CallRecord {
    std::string request_id, service, function, version, trigger;
    WallTime start;
    Micros duration{}, billed{};
    int memory_mb = 0;
    std::int64_t memory_bytes_peak = 0;
    bool cold = false;
    std::string outcome;  // "ok", "handled_error", "unhandled_error", "timed_out", ...
    std::string trace_id, span_id, parent_id;  // W3C Trace Context; empty: none
    std::string course;  // model/course.hpp, as JSON; empty if it simply met a warm worker
};

// From the first hour in which an account was billed to the last, both whole.
struct Period {
    std::int64_t hours = 0;
    double busiest_gb_seconds = 0;  // billed in its busiest hour
};

}  // namespace mayfly::meter
