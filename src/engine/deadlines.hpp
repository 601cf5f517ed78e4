// Many moments, one alarm.
#pragma once

#include "io/timers.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>

namespace mayfly::engine {

// Loop thread only. Setting and clearing cost O(log n) and touch the real timer only when the
// earliest moment comes nearer.
class Deadlines {
public:
    using Key = std::uint64_t;

    // `passed` is called once for each key whose moment has come; it may set and clear keys.
    Deadlines(io::Timers& timers, std::function<void(Key)> passed);

    void set(Key key, Time at);  // replaces the key's earlier moment
    void clear(Key key);

private:
    void ring();

    io::Timers& timers_;
    std::function<void(Key)> passed_;
    std::set<std::pair<Time, Key>> by_time_;
    std::unordered_map<Key, Time> by_key_;
    Time armed_ = Time::max();
    std::unique_ptr<io::Alarm> alarm_;
};

// One key space for both kinds of deadline.
inline Deadlines::Key key_of(CallId call) { return call.n << 1; }
inline Deadlines::Key key_of(WorkerId worker) { return worker.n << 1 | 1; }

}  // namespace mayfly::engine
