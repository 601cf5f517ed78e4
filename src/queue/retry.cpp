#include "queue/retry.hpp"

#include <algorithm>

namespace mayfly::queue {

namespace {

NextStep again_or(std::string_view cause, int before, Micros age_max, const Tried& tried,
                  const RetryPolicy& policy) {
    const auto pause = pause_after(before, policy);
    const auto spread = Micros(
        static_cast<Micros::rep>(static_cast<double>(pause.count()) * (0.9 + 0.2 * tried.chance)));
    const auto at = tried.now + spread;
    if (at - tried.first_due > age_max) return GiveUp{cause};
    return TryAgain{at};
}

}  // namespace

Micros pause_after(int before, const RetryPolicy& policy) {
    Micros pause = policy.pause;
    for (int i = 0; i < before && pause < policy.pause_max; ++i) pause *= 2;
    return std::min<Micros>(pause, policy.pause_max);
}

NextStep next_step(const Tried& tried, const RetryPolicy& policy) {
    switch (tried.how) {
        case Tried::How::ok: return Done{};
        case Tried::How::useless: return GiveUp{kInvalid};
        case Tried::How::failed:
            if (tried.failures >= policy.retries_max) return GiveUp{kFunctionError};
            return again_or(kExpired, tried.failures, policy.age_max, tried, policy);
        case Tried::How::refused: break;
    }
    const bool own = policy.age_max <= policy.platform_age_max;
    return again_or(own ? kExpired : kPlatform, tried.refusals,
                    std::min(policy.age_max, policy.platform_age_max), tried, policy);
}

bool is_expired(WallTime first_due, WallTime now, const RetryPolicy& policy) {
    return now - first_due > policy.age_max;
}

Tried::How how_ended(Kind kind) {
    switch (kind) {
        case Kind::invalid:
        case Kind::denied:
        case Kind::not_found: return Tried::How::useless;
        case Kind::failed: return Tried::How::failed;
        case Kind::conflict:
        case Kind::busy:
        case Kind::timed_out:
        case Kind::unavailable:
        case Kind::internal: break;
    }
    return Tried::How::refused;
}

}  // namespace mayfly::queue
