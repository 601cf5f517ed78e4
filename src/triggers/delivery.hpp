// What becomes of an object's event after a try to hand it over. Pure. Once it is handed over, the
// queue sees to it that its function runs.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <optional>

namespace mayfly::triggers {

struct DeliveryRules {
    Seconds age_max{24 * 3600};  // FC's maximum age of an event
    Millis pause{500};           // before the second try; then twice as long each time
    Seconds pause_max{60};
};

enum class Tried {
    taken,    // it is safe elsewhere
    refused,  // nobody can take it now: a limit, a full disk
    useless,  // and nobody ever will: it is no event
};

// When to try again; nothing if it is over, be it taken or given up. `tries`: before this one.
std::optional<WallTime> next_try(Tried tried, int tries, WallTime since, WallTime now,
                                 const DeliveryRules& rules);

// How an error of whoever should take it ends a try. One that was taken before is taken.
Tried tried_of(const Error& error);

}  // namespace mayfly::triggers
