// A line in which those who stand for the same party take turns with those of others. Pure.
//
// Round robin among parties (as deficit round robin with equal items: Shreedhar and Varghese,
// 1995), first come first served within each.
#pragma once

#include "base/check.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>
#include <utility>

namespace mayfly::io {

template <class T>
class FairLine {
public:
    bool empty() const { return turns_.empty(); }

    void add(std::uint64_t party, T one) {
        auto& own = lines_[party];
        if (own.empty()) turns_.push_back(party);
        own.push_back(std::move(one));
    }

    // The next; there is one.
    T take() {
        CHECK(!turns_.empty());
        const auto party = turns_.front();
        turns_.pop_front();
        const auto line = lines_.find(party);
        T one = std::move(line->second.front());
        line->second.pop_front();
        if (line->second.empty()) lines_.erase(line);
        else turns_.push_back(party);
        return one;
    }

private:
    std::deque<std::uint64_t> turns_;  // each party that has somebody in line, once
    std::unordered_map<std::uint64_t, std::deque<T>> lines_;
};

}  // namespace mayfly::io
