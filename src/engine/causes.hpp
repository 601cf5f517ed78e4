// What the events and calls that run now were led to by, so that what a function causes in the
// midst of its call (it publishes, it calls) is known to follow from it. A function's own key says
// which function asks, not which of its calls: of those that run the deepest counts.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

namespace mayfly::engine {

// Loop thread.
class Causes {
public:
    struct Cause {
        int depth = 0;      // how many events led here
        std::string event;  // the last of them; empty: none did
    };

    // Of the lane's calls that run now, the one that most events led to.
    Cause of(const std::string& lane) const {
        const auto found = running_.find(lane);
        if (found == running_.end()) return {};
        const auto& [depth, event] = *found->second.rbegin();
        return {depth, event};
    }

    // One that runs as long as this lives.
    class Running {
    public:
        Running(Causes& causes, std::string lane, Cause cause)
            : causes_(causes), lane_(std::move(lane)) {
            auto& calls = causes_.running_[lane_];
            mine_ = calls.emplace(cause.depth, std::move(cause.event));
        }
        ~Running() {
            const auto found = causes_.running_.find(lane_);
            found->second.erase(mine_);
            if (found->second.empty()) causes_.running_.erase(found);
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

    private:
        Causes& causes_;
        std::string lane_;
        std::multiset<std::pair<int, std::string>>::iterator mine_;
    };

private:
    std::map<std::string, std::multiset<std::pair<int, std::string>>> running_;
};

}  // namespace mayfly::engine
