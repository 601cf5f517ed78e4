// What becomes of an event after a try. Pure. FC's rules (facts: function-compute 6): a function
// that failed is tried `retries_max` more times; what the platform could not do is tried again for
// up to five hours; nothing is tried that is older than `age_max`; and the pauses double.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace mayfly::queue {

struct RetryPolicy {
    int retries_max = 3;                 // after the first try; FC: 0 to 8
    Seconds age_max{86'400};             // FC: 1 s to 30 days
    Seconds platform_age_max{5 * 3600};  // for what the platform could not do
    Millis pause{500};                   // before the first retry; then twice as long each time
    Seconds pause_max{300};
};

// Why an event is dead: stable words.
inline constexpr std::string_view kFunctionError = "FunctionError";  // it failed each time
inline constexpr std::string_view kExpired = "Expired";              // too old to be tried
inline constexpr std::string_view kInvalid = "Invalid";              // nobody can carry it out
inline constexpr std::string_view kPlatform = "PlatformError";       // nobody could for too long
inline constexpr std::string_view kLoop = "Loop";                    // it is its own consequence

// What is known when a try ends.
struct Tried {
    enum class How : std::uint8_t {
        ok,
        failed,   // it ran, and its answer is a failure
        refused,  // it could not run: nothing was tried
        useless,  // and never will: its function is gone, it is no request
    };
    How how = How::ok;
    int failures = 0;  // of the tries before
    int refusals = 0;  // in a row, before
    WallTime first_due{};
    WallTime now{};
    double chance = 0.5;  // from [0, 1): pauses differ by a tenth each way
};

struct Done {};
struct TryAgain {
    WallTime at{};
};
struct GiveUp {
    std::string_view cause;
};
using NextStep = std::variant<Done, TryAgain, GiveUp>;

NextStep next_step(const Tried& tried, const RetryPolicy& policy);

// Before a try: is it too late for it?
bool is_expired(WallTime first_due, WallTime now, const RetryPolicy& policy);

// The pause after `before` others, without chance.
Micros pause_after(int before, const RetryPolicy& policy);

// How the platform's own error ends a try: whether waiting can help.
Tried::How how_ended(Kind kind);

}  // namespace mayfly::queue
