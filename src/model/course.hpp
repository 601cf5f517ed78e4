// Where the time of one call went, and why it did not find a worker waiting: what `mayfly why`
// says. Plain values.
#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly {

// Which tier's worker served it.
enum class Origin : std::uint8_t { warm, parked, forked, executed };

// "warm", "parked", "forked", "executed".
std::string_view to_text(Origin origin);

struct Phase {
    std::string_view name;  // static words
    Micros took{};
};

struct Course {
    Origin origin = Origin::warm;
    std::string_view cause{};  // why no worker was waiting for it; static words
    std::vector<Phase> phases{};
};

// {"origin":"parked","cause":"…","phases":[{"name":"load","us":812},…]}
std::string to_json(const Course& course);

// One moment of a call that is known to have come, and what the time before it went into.
struct Moment {
    std::string_view before;
    Time when{};  // Time{} if it did not come
};

// The phases from `came` on: each lasts from the moment before it to its own. Moments that did not
// come are left out, and what was over before the call came took none of its time.
std::vector<Phase> phases_of(Time came, std::initializer_list<Moment> moments);

}  // namespace mayfly
