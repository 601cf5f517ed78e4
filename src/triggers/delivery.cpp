#include "triggers/delivery.hpp"

#include <algorithm>

namespace mayfly::triggers {

std::optional<WallTime> next_try(Tried tried, int tries, WallTime since, WallTime now,
                                 const DeliveryRules& rules) {
    if (tried != Tried::refused) return std::nullopt;
    const Micros pause =
        std::min<Micros>(rules.pause * (1 << std::min(tries, 20)), rules.pause_max);
    const auto at = now + pause;
    if (at - since > rules.age_max) return std::nullopt;
    return at;
}

Tried tried_of(const Error& error) {
    switch (error.kind) {
        case Kind::conflict: return Tried::taken;
        case Kind::not_found:
        case Kind::invalid:
        case Kind::denied: return Tried::useless;
        default: return Tried::refused;
    }
}

}  // namespace mayfly::triggers
