// How the asynchronous calls of one function and qualifier are carried out (facts: API 2016-08-15,
// "Async invoke config"). Plain values.
#pragma once

#include "base/clock.hpp"
#include "model/code.hpp"

#include <string>

namespace mayfly {

struct AsyncConfig {
    AccountId account;
    std::string service;
    std::string qualifier = "LATEST";
    std::string function;
    int retries_max = 3;      // after the first try; 0 to 8
    Seconds age_max{86'400};  // an older event is not tried; 1 s to 30 days
    bool stateful = false;    // each call is a task that can be listed and stopped
    std::string on_success;   // where the outcome goes: an ARN or a URL; empty for nowhere
    std::string on_failure;
    int concurrency = 0;  // ours: calls of it that run at once; 0 for the server's default
    WallTime created, modified;
};

}  // namespace mayfly
