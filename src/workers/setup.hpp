// What a worker is told about its function. Pure.
#pragma once

#include "model/function.hpp"
#include "sandbox/spec.hpp"

#include <string>

namespace mayfly::workers {

// The payload of the setup frame: handler, environment (FC's variables, then the user's), context.
std::string setup_json(const Revision& revision, const std::string& instance_id,
                       const std::string& region);

// From the start of a custom runtime's program until it takes calls (FC's limit).
inline constexpr Seconds kProgramStartLimit{120};

// The same for a function, whose health check may begin late; 0 where our own shim serves.
Seconds program_start_limit(const FunctionSpec& spec);

// Whether it reaches the platform from inside: its service has a role.
bool has_door(const Revision& revision);

// Whether it reaches the internet: its service has internetAccess.
bool has_internet(const Revision& revision);

// The limits of its sandbox: memory and /tmp as configured, CPU weight by memory (1 GB is one full
// share), FC's 1,024 processes.
sandbox::Limits limits_of(const FunctionSpec& spec);

}  // namespace mayfly::workers
