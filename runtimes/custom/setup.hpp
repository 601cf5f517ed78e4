// What the server tells this shim: the setup frame of PROTOCOL.md as a value. Pure.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "custom/headers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::custom {

// FC's customHealthCheckConfig.
struct HealthCheck {
    std::string path;
    Seconds initial_delay{0};  // after the program was started
    Seconds period{3};         // from one check to the next
    Seconds limit{1};          // of one check
    int failures_max = 3;      // in a row, then the program counts as not started
    int successes = 1;         // in a row, then it takes calls
};

struct Setup {
    std::vector<std::string> words;        // the program and its arguments
    std::vector<std::string> environment;  // NAME=value
    std::string search_path;               // PATH of the environment
    int concurrency = 1;
    std::uint16_t port = 9000;  // where it must listen
    Seconds start_limit{120};   // from its start until it takes calls
    std::optional<HealthCheck> health;
    bool has_initializer = false;
    Headers constants;  // the x-fc-* headers that every request of this worker carries
};

// invalid: not a setup of protocol 1 for a custom runtime.
Result<Setup> read_setup(std::string_view json);

}  // namespace mayfly::custom
