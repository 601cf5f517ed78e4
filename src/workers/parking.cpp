#include "workers/parking.hpp"

#include <algorithm>

namespace mayfly::workers {

void Parking::needed(Time now) {
    turn(now);
    ++needed_[static_cast<std::size_t>(second_) % kSeconds];
}

int Parking::wanted(Time now) {
    turn(now);
    const int busiest = *std::ranges::max_element(needed_);
    return std::min(bounds_.most, std::max(bounds_.least, busiest + 1));
}

void Parking::turn(Time now) {
    const auto second = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    const auto passed = std::min<std::int64_t>(second - second_, kSeconds);
    for (std::int64_t i = 1; i <= passed; ++i)
        needed_[static_cast<std::size_t>(second_ + i) % kSeconds] = 0;
    second_ = second;
}

}  // namespace mayfly::workers
