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
    // `crew` of them hinder each other little.
    void add(Micros run, int at_once, int crew) {
        const Micros share = run * crew / std::max(at_once, crew);
        share_ = share_ == Micros::max() ? share : (share_ * 7 + share) / 8;
        least_ = least_ == Micros::max() ? run : std::min(run, least_ + least_ / 16 + Micros{1});
    }

    // A crew would serve them in less than `quick` on average. Crowded calls that wait for
    // something look the same on average, but none of them is that quick.
    bool below(Micros quick) const { return share_ < quick && least_ < quick; }

private:
    Micros share_ =
        Micros::max();  // a moving average, an eighth of it the newest; unknown at first
    Micros least_ = Micros::max();  // of late: it grows by a sixteenth with each call
};

}  // namespace mayfly::sched
