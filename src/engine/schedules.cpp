#include "engine/schedules.hpp"

#include "cron/schedule.hpp"

#include <string_view>

namespace mayfly::engine {

ProvisionConfig at_moments(ProvisionConfig config, WallTime now) {
    std::erase_if(config.scheduled, [&](ScheduledTarget& action) {
        const std::string_view expression = action.expression;
        if (!expression.starts_with("cron(")) return false;
        const auto schedule = cron::Schedule::parse(expression.substr(5, expression.size() - 6));
        const auto came = schedule ? schedule->last(now, now) : std::nullopt;
        if (!came || *came < action.from) return true;
        action.at = *came;
        return false;
    });
    return config;
}

}  // namespace mayfly::engine
