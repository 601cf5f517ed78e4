#include "model/request_id.hpp"

#include <fmt/format.h>

namespace mayfly {

std::string new_request_id(const Clock& clock, Rng& rng) {
    const auto now = clock.wall().time_since_epoch();
    const auto seconds = std::chrono::floor<Seconds>(now);
    return fmt::format("1-{:08x}-{:05x}{}", static_cast<std::uint32_t>(seconds.count()),
                       (now - seconds).count(), random_hex(rng, 10).substr(1));
}

}  // namespace mayfly
