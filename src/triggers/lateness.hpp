// How late things were: a histogram in Prometheus' form. Pure.
#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace mayfly::triggers {

class Lateness {
public:
    static constexpr std::array<double, 12> bounds_seconds{0.001, 0.0025, 0.005, 0.01, 0.02, 0.05,
                                                           0.1,   0.25,   0.5,   1,    2.5,  5};

    void add(Micros late) {
        const auto seconds = std::chrono::duration<double>(late).count();
        for (std::size_t i = 0; i < bounds_seconds.size(); ++i)
            if (seconds <= bounds_seconds[i]) ++at_most_[i];
        ++count_;
        seconds_ += seconds;
    }

    // Of `bounds_seconds[i]`, and of all.
    std::uint64_t at_most(std::size_t i) const { return at_most_.at(i); }
    std::uint64_t count() const { return count_; }
    double seconds() const { return seconds_; }

private:
    std::array<std::uint64_t, 12> at_most_{};
    std::uint64_t count_ = 0;
    double seconds_ = 0;
};

}  // namespace mayfly::triggers
