#include "engine/deadlines.hpp"

namespace mayfly::engine {

Deadlines::Deadlines(io::Timers& timers, std::function<void(Key)> passed)
    : timers_(timers), passed_(std::move(passed)), alarm_(timers.alarm([this] { ring(); })) {}

void Deadlines::set(Key key, Time at) {
    clear(key);
    by_time_.emplace(at, key);
    by_key_.emplace(key, at);
    if (at >= armed_) return;
    armed_ = at;
    alarm_->set(at);
}

// The alarm stays as it is: ringing early once is cheaper than setting it at every call's end.
void Deadlines::clear(Key key) {
    const auto node = by_key_.extract(key);
    if (!node.empty()) by_time_.erase({node.mapped(), key});
}

void Deadlines::ring() {
    const Time now = timers_.now();
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
        const Key key = by_time_.begin()->second;
        clear(key);
        passed_(key);
    }
    armed_ = by_time_.empty() ? Time::max() : by_time_.begin()->first;
    alarm_->set(armed_);
}

}  // namespace mayfly::engine
