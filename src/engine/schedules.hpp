// What is to be kept at certain hours, again and again. Pure, but for the machine's time zones.
#pragma once

#include "base/clock.hpp"
#include "model/scaling.hpp"

namespace mayfly::engine {

// The same, with each cron(…) as the moment at which it came last before `now`, within its own
// time; one that has not come is left out.
ProvisionConfig at_moments(ProvisionConfig config, WallTime now);

}  // namespace mayfly::engine
