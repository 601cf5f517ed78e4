// What a worker is told about its function. Pure.
#pragma once

#include "model/function.hpp"
#include "sandbox/spec.hpp"

#include <string>

namespace mayfly::workers {

// The payload of the setup frame: handler, environment (FC's variables, then the user's), context.
std::string setup_json(const Revision& revision, const std::string& instance_id,
                       const std::string& region);

// The limits of its sandbox: memory and /tmp as configured, CPU weight by memory (1 GB is one full
// share), FC's 1,024 processes.
sandbox::Limits limits_of(const FunctionSpec& spec);

}  // namespace mayfly::workers
