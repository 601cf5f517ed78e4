// What the platform's own scheduler would have made of some traffic. Pure: a day passes in seconds,
// and the same traffic gives the same result, to the last bit.
#pragma once

#include "cli/traffic.hpp"
#include "sched/scheduler.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace mayfly::cli {

struct SimulationPolicy {
    sched::Options scheduler{};
    int workers_max_per_function = 300;
    int concurrency = 1;            // calls one worker takes at once
    Micros start{5000};             // of a worker, until it takes calls
    Micros stop{1000};              // until it has freed what it held
    Micros wait_max = Seconds{60};  // then a call is refused
};

struct SimulationResult {
    std::int64_t calls = 0, ran = 0, cold = 0;
    std::map<std::string, std::int64_t> refused{};  // by the reason
    double wait_ms_p50 = 0, wait_ms_p99 = 0, wait_ms_max = 0;
    std::int64_t started = 0;  // workers
    int instances_most = 0;
    double instances_mean = 0;
    double memory_mb_most = 0;
    double idle_share = 0;                // of the time that workers were alive
    double billed_s = 0, gb_seconds = 0;  // in steps of 100 ms
    double hours = 0;                     // that passed
};

SimulationResult simulate(const Traffic& traffic, const SimulationPolicy& policy);

std::string to_text(const SimulationResult& result);
boost::json::object to_json(const SimulationResult& result);

}  // namespace mayfly::cli
