// How long calls of a function usually take, told apart from how crowded they run. Pure.
//
// Thirty short calls at once on two cores take fifteen times as long as each would alone. To go by
// that time alone would call them long, and so keep them crowded for ever.
#pragma once

#include "base/clock.hpp"

#include <algorithm>

namespace mayfly::sched {

class UsualRun {
public:
    // A call took `run`, and `at_once` of its function ran when it ended, itself among them;
    // `crew` of them hinder each other little. `no_cores`: none was idle, so it may have waited for
    // one most of that time.
    void add(Micros run, int at_once, int crew, bool no_cores = false) {
        const Micros share = run * crew / std::max(at_once, crew);
        share_ = share_ == Micros::max() ? share : (share_ * 7 + share) / 8;
        least_ = least_ == Micros::max() ? run : std::min(run, least_ + least_ / 16 + Micros{1});
        const auto found = std::max(share_, least_);
        alone_ = no_cores ? std::min(alone_, found) : found;
    }

    // A crew would serve them in less than `quick` on average. Crowded calls that wait for
    // something look the same on average, but none of them is that quick.
    bool below(Micros quick) const { return share_ < quick && least_ < quick; }

    // What one would take if it did not run in a crowd: Micros::max() while nothing is known. While
    // no core is idle it is only ever found to be less.
    Micros alone() const { return alone_; }

private:
    Micros share_ =
        Micros::max();  // a moving average, an eighth of it the newest; unknown at first
    Micros alone_ = Micros::max();
    Micros least_ = Micros::max();  // of late: it grows by a sixteenth with each call
};

}  // namespace mayfly::sched
