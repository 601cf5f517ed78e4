// How long calls of a function usually take, told apart from how crowded they run. Pure.
//
// Thirty short calls at once on two cores take fifteen times as long as each would alone. To go by
// that time alone would call them long, and so keep them crowded for ever.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace mayfly::sched {

// A call that ended.
struct Run {
    Micros took{};
    int at_once = 1;        // calls of its function that ran then, itself among them
    bool first = false;     // of its worker: it did what later ones find done
    bool no_cores = false;  // none was idle: it may have waited for one most of the time
    std::optional<Micros> undisturbed{};  // without what it waited for a core, if known
    Micros ran{};                         // of that, on a core
};

class UsualRun {
public:
    // `crew` calls at once hinder each other little. A worker's first counts only while no other is
    // known.
    void add(const Run& run, int crew) {
        if (run.first && others_) return;
        if (!run.first && !std::exchange(others_, true)) share_ = alone_ = least_ = Micros::max();
        if (run.undisturbed) {
            own_ += *run.undisturbed - own_ / kLately;
            ran_ += run.ran - ran_ / kLately;
        }
        const Micros alone = run.undisturbed.value_or(run.took);
        const Micros share = std::min(alone, run.took * crew / std::max(run.at_once, crew));
        share_ = share_ == Micros::max() ? share : (share_ * 7 + share) / 8;
        least_ =
            least_ == Micros::max() ? alone : std::min(alone, least_ + least_ / 16 + Micros{1});
        const auto found = std::max(share_, least_);
        alone_ = run.no_cores ? std::min(alone_, found) : found;
    }

    // A crew would serve them in less than `quick` on average. Crowded calls that wait for
    // something look the same on average, but none of them is that quick.
    bool below(Micros quick) const { return share_ < quick && least_ < quick; }

    // What one would take if it did not run in a crowd: Micros::max() while nothing is known. While
    // no core is idle it is only ever found to be less.
    Micros alone() const { return alone_; }

    // They wait for little but a core: more workers than use the cores do not serve them sooner.
    // False while that is unknown.
    bool wants_cores_only() const { return 4 * ran_ > 3 * own_; }

    // Of calls that are not their workers' first.
    bool is_known() const { return others_; }

private:
    static constexpr int kLately = 16;  // calls

    Micros share_ =
        Micros::max();  // a moving average, an eighth of it the newest; unknown at first
    Micros alone_ = Micros::max();
    Micros least_ = Micros::max();  // of late: it grows by a sixteenth with each call
    Micros own_{}, ran_{};          // of so many calls, undisturbed and on a core
    bool others_ = false;           // than first ones are counted
};

}  // namespace mayfly::sched
