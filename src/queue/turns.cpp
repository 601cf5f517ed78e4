#include "queue/turns.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <utility>

namespace mayfly::queue {

// Moves the lane among those that are to be ready at `due`; a ready one stays where it is.
void Turns::place(const std::string& name, Lane& lane, WallTime due) {
    if (lane.is_ready) return;
    if (lane.timed) later_.erase({lane.due, name});
    lane.due = due == WallTime::max() ? due : std::max(due, lane.held);
    lane.timed = due != WallTime::max();
    if (lane.timed) later_.emplace(lane.due, name);
}

void Turns::waits(const std::string& name, WallTime due) {
    auto& lane = lanes_[name];
    if (lane.asked) lane.meanwhile = std::min(lane.meanwhile, due);
    else if (!lane.is_ready && due < lane.due) place(name, lane, due);
}

std::vector<Turns::Share> Turns::take(WallTime now, std::size_t room, const LimitOf& limit_of) {
    while (!later_.empty() && later_.begin()->first <= now) {
        const auto name = later_.begin()->second;
        later_.erase(later_.begin());
        auto& lane = lanes_.at(name);
        lane.timed = false;
        lane.is_ready = true;
        lane.place = ready_.insert(ready_.end(), name);
    }
    std::vector<Share> shares;
    auto left = ready_.size();
    for (auto at = ready_.begin(); left > 0 && room > 0; --left) {
        const auto place = at++;
        auto& lane = lanes_.at(*place);
        const auto limit = limit_of(*place);
        if (lane.asked || lane.out >= limit) continue;
        const auto fair = std::max<std::size_t>(1, room / left);
        const auto count = std::min(fair, limit - lane.out);
        lane.asked = true;
        lane.out += count;
        out_ += count;
        room -= count;
        shares.push_back({*place, count});
        ready_.splice(ready_.end(), ready_, place);  // (2)
    }
    return shares;
}

void Turns::taken(const Share& share, std::size_t got, WallTime next_due) {
    auto& lane = lanes_.at(share.lane);
    CHECK(lane.asked && got <= share.count && lane.out >= share.count);
    lane.asked = false;
    lane.out -= share.count - got;
    out_ -= share.count - got;
    ready_.erase(lane.place);
    lane.is_ready = false;
    lane.due = WallTime::max();
    place(share.lane, lane, std::min(next_due, std::exchange(lane.meanwhile, WallTime::max())));
    forget_if_idle(share.lane);
}

void Turns::ended(const std::string& name) {
    auto& lane = lanes_.at(name);
    CHECK(lane.out > 0 && out_ > 0);
    --lane.out;
    --out_;
    forget_if_idle(name);
}

void Turns::hold(const std::string& name, WallTime until) {
    const auto found = lanes_.find(name);
    if (found == lanes_.end()) return;
    auto& lane = found->second;
    lane.held = std::max(lane.held, until);
    if (lane.asked) return;
    if (lane.is_ready) {
        ready_.erase(lane.place);
        lane.is_ready = false;
        lane.due = WallTime::max();
        place(name, lane, until);
    } else if (lane.timed) {
        place(name, lane, lane.due);
    }
}

WallTime Turns::next() const { return later_.empty() ? WallTime::max() : later_.begin()->first; }

void Turns::forget_if_idle(const std::string& name) {
    const auto found = lanes_.find(name);
    const auto& lane = found->second;
    if (lane.out == 0 && !lane.asked && !lane.is_ready && !lane.timed) lanes_.erase(found);
}

}  // namespace mayfly::queue
