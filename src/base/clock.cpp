#include "base/clock.hpp"

#include <fmt/chrono.h>

namespace mayfly {

Time SystemClock::now() const {
    return Time{
        std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now().time_since_epoch())};
}

WallTime SystemClock::wall() const {
    return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

std::string iso8601(WallTime t) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(t)));
}

std::string iso8601_millis(WallTime t) {
    const auto ms = std::chrono::duration_cast<Millis>(t.time_since_epoch()).count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(t)), ms);
}

}  // namespace mayfly
