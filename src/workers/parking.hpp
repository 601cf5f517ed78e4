// How many workers of one language to keep parked: ready, rehearsed, without a function yet. Pure.
//
// As many as were wanted within the busiest second of the last minute, so that a burst like that
// one finds them waiting, and one more; between a least and a most.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>

namespace mayfly::workers {

class Parking {
public:
    struct Bounds {
        int least = 2;
        int most = 32;  // 0: none at all
    };

    explicit Parking(Bounds bounds) : bounds_(bounds) {}

    // A worker was needed, whether or not one was parked. `now` is never less than before.
    void needed(Time now);

    int wanted(Time now);

private:
    static constexpr std::size_t kSeconds = 60;

    void turn(Time now);

    Bounds bounds_;
    std::array<int, kSeconds> needed_{};  // in each of the last seconds, as a ring
    std::int64_t second_ = 0;             // the newest
};

}  // namespace mayfly::workers
