// What becomes of an object's event after a try to hand it to its function. Pure.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>

namespace mayfly::triggers {

struct DeliveryRules {
    int failures_max = 4;        // tries that the function itself failed: FC's first and three more
    Seconds age_max{24 * 3600};  // FC's maximum age of an event
    Millis pause{500};           // before the second try; then twice as long each time
    Seconds pause_max{60};
};

enum class Tried {
    handled,  // the function took it
    failed,   // it ran, and failed
    refused,  // it could not run now: a limit, no worker, a full disk
    useless,  // and never will: there is no such function
};

// When to try again; nothing if it is over, be it handled or given up. `tries`: before this one.
std::optional<WallTime> next_try(Tried tried, int tries, WallTime since, WallTime now,
                                 const DeliveryRules& rules);

// How the platform's own error ends a try.
Tried tried_of(const Error& error);

}  // namespace mayfly::triggers
