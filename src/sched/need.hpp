// How many more workers the calls of a function need that wait. Pure.
//
// A waiting call takes whichever comes first: a worker that becomes free, or a new one. So one is
// worth its start only for calls that the busy ones would not reach before. By Little's law the
// last of `waiting` calls begins after waiting * run / serving; a start that would not be sooner
// only takes the cores from those that run, and so makes more of them wait: from twenty calls a
// second to two thousand, one start for each waiting call made 300 workers out of a need for three.
#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace mayfly::sched {

// How long a worker of a function usually takes from the order for it until it serves as any other:
// its code is loaded. A moving average, an eighth of it the newest.
class UsualStart {
public:
    // A worker's first call ended, which ran for `run` of the time since the worker was ordered;
    // one that is not the first usually runs for `usual_run`, Micros::max() if that is unknown:
    // then all of the time counts until it is.
    void add(Micros since_order, Micros run, Micros usual_run) {
        if (time_ == Micros::max() && usual_run == Micros::max()) {
            time_ = since_order;
            is_whole_ = true;
            return;
        }
        settle(usual_run);
        const auto start = beyond(since_order, std::min(run, usual_run));
        time_ = time_ == Micros::max() ? start : (time_ * 7 + start) / 8;
    }

    // What a call usually takes that is not a worker's first is known now.
    void settle(Micros usual_run) {
        if (std::exchange(is_whole_, false)) time_ = beyond(time_, usual_run);
    }

    // Micros::max() while nothing is known.
    Micros time() const { return time_; }

private:
    static Micros beyond(Micros since_order, Micros run) {
        return std::max(since_order - run, Micros{1});
    }

    Micros time_ = Micros::max();
    bool is_whole_ = false;  // the only one's first call with it
};

struct Demand {
    int waiting = 0;          // calls that may have a worker of their own
    int coming = 0;           // calls that workers on their way will take
    int serving = 0;          // calls that run
    int overdue = 0;          // of those waiting, longer than worth(); counted up to the crew
    bool once = false;        // a worker takes one call in its life
    Micros run{};             // that a call usually takes, were it alone; max: unknown
    Micros start{};           // and the start of a worker; max: unknown
    bool no_cores = false;    // none is idle: one more worker only gets what others lose
    bool cores_only = false;  // its calls wait for nothing else
    bool unproven = false;    // the worker started last has yet to show whether it helps
    bool starved = false;     // the oldest waits for a turn of the house already
    bool stalled = false;     // of those that run none has ended for long: they are not as usual
};

// What all functions have alike.
struct NeedBounds {
    Micros linger{};  // no call counts on a busy worker for longer; 0: none does
    int crew = 1;     // so many workers use what cores there are
};

// For how long a call may wait for a busy worker instead of its own.
inline Micros worth(Micros start, Micros linger) { return std::min(start, linger); }

// Calls that need a worker of their own beyond those that are coming; 0 or more. While nothing is
// known it is each of them.
inline int need(const Demand& d, const NeedBounds& bounds) {
    const std::int64_t own = std::max(d.waiting - d.coming, 0);
    const bool known = d.run != Micros::max() && d.start != Micros::max();
    const auto within = worth(d.start, bounds.linger);
    if (own == 0 || !known || d.once || d.stalled || within <= Micros{0})
        return static_cast<int>(own);
    if (d.serving + d.coming == 0) return 1;  // there is nobody to count on
    const auto by_little =
        std::int64_t{d.waiting} * d.run.count() / within.count() - d.serving - d.coming;
    // What was to be free by now is not: no more at once than the cores start side by side.
    const std::int64_t by_patience = d.overdue - d.coming;
    auto most = own;
    // Short calls wait for the cores as soon as for a worker: beyond their crew one start at a
    // time, to see by its first call whether it helps; while no core is idle it cannot, and takes
    // from those that run. Nor can it where a core is all they wait for.
    if (d.run < within) {
        const bool whole = d.serving >= bounds.crew;
        const bool in_vain = d.no_cores || d.cores_only || d.unproven;
        const int beyond = whole && in_vain && !d.starved ? 0 : 1;
        most = std::min<std::int64_t>(most, std::max(bounds.crew - d.serving, beyond) - d.coming);
    }
    return static_cast<int>(
        std::max<std::int64_t>(0, std::min(most, std::max(by_little, by_patience))));
}

}  // namespace mayfly::sched
