// Who is next: shares room fairly between lanes in which work waits. A plain value: no I/O, no
// clock.
//
// (1) A lane gets work only when its first task is due, it is not on hold, and fewer of its tasks
//     are out than its limit.
// (2) Lanes take turns: one that was served goes behind the others that are ready. A lane with a
//     million tasks delays a lane with one by no more than its own share of the room.
// (3) Every task counts as out from take() until ended(), or until taken() says it was not there.
#pragma once

#include "base/clock.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace mayfly::queue {

class Turns {
public:
    struct Share {
        std::string lane;
        std::size_t count = 0;
    };
    using LimitOf = std::function<std::size_t(const std::string& lane)>;

    // Something waits in the lane from `due` on.
    void waits(const std::string& lane, WallTime due);

    // Divides `room` between the lanes that are ready; each share is then to be leased, and its
    // outcome told to taken().
    std::vector<Share> take(WallTime now, std::size_t room, const LimitOf& limit_of);

    // `got` of the share's tasks were there; what is left is due at `next_due`.
    void taken(const Share& share, std::size_t got, WallTime next_due);
    void ended(const std::string& lane);

    // Nothing of the lane is given out before `until`.
    void hold(const std::string& lane, WallTime until);

    // When a lane that is not ready now will be: WallTime::max() if none. Lanes at their limit are
    // not counted: they wait for ended().
    WallTime next() const;

    bool anything_ready() const { return !ready_.empty(); }
    std::size_t out() const { return out_; }
    std::size_t lanes() const { return lanes_.size(); }

private:
    struct Lane {
        WallTime due = WallTime::max();
        WallTime held = WallTime::min();       // not before
        WallTime meanwhile = WallTime::max();  // due of what came while it was asked
        std::size_t out = 0;
        bool asked = false;  // a share of it is being leased
        bool is_ready = false;
        std::list<std::string>::iterator place{};
        bool timed = false;  // in later_ under `due`
    };

    void place(const std::string& name, Lane& lane, WallTime due);
    void forget_if_idle(const std::string& name);

    std::unordered_map<std::string, Lane> lanes_;
    std::list<std::string> ready_;                      // the next first
    std::set<std::pair<WallTime, std::string>> later_;  // by when they are due
    std::size_t out_ = 0;
};

}  // namespace mayfly::queue
