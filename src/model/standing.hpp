// How a worker stands to the others on cores that are not enough for all (sched/core_shares.hpp).
#pragma once

#include <cstdint>

namespace mayfly {

enum class Standing : std::uint8_t {
    usual,  // it has its share of the cores, by its memory
    last,   // it runs while no other worker wants the core
    first,  // when it wakes it has a core at once, for a moment
};

}  // namespace mayfly
