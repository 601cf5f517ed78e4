#include "model/request_id.hpp"

#include <fmt/format.h>

namespace mayfly {

std::string new_request_id(const Clock& clock, Rng& rng) {
    const auto seconds = std::chrono::floor<Seconds>(clock.wall().time_since_epoch()).count();
    return fmt::format("1-{:08x}-{}", static_cast<std::uint32_t>(seconds), random_hex(rng, 12));
}

}  // namespace mayfly
