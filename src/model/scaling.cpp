#include "model/scaling.hpp"

#include <algorithm>
#include <cmath>

namespace mayfly {

int target_at(const ProvisionConfig& config, WallTime now, int used, int concurrency) {
    int target = config.target;
    std::optional<WallTime> newest;
    for (const auto& action : config.scheduled) {
        if (now < action.from || now >= action.until || now < action.at) continue;
        if (newest && action.at < *newest) continue;
        newest = action.at;
        target = action.target;
    }
    for (const auto& policy : config.tracked) {
        if (now < policy.from || now >= policy.until) continue;
        const auto slots = policy.utilization * std::max(concurrency, 1);
        const auto wanted = static_cast<int>(std::ceil(used / slots));
        target = std::clamp(std::max(wanted, target), policy.least, policy.most);
    }
    return target;
}

}  // namespace mayfly
