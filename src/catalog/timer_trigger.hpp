// The configuration of a timer trigger: {"cronExpression": "0 0 4 * * *", "payload": "text",
// "enable": true}. Pure.
#pragma once

#include "base/result.hpp"
#include "cron/schedule.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

struct TimerConfig {
    std::string expression;
    cron::Schedule schedule;
    std::string payload;
    bool enabled = true;
};

// invalid (InvalidArgument): not such an object; the sentence names the place and what is allowed.
Result<TimerConfig> read_timer_config(std::string_view config);

// The same as FC writes it.
std::string timer_config(const TimerConfig& config);

}  // namespace mayfly::catalog
