// Layers: packages that functions share and see at /opt (facts: API 2016-08-15, "Layers"). Plain
// values.
#pragma once

#include "base/clock.hpp"
#include "model/code.hpp"

#include <compare>
#include <string>
#include <vector>

namespace mayfly {

struct LayerName {
    AccountId account;
    std::string name;
    int version = 0;  // from 1
    auto operator<=>(const LayerName&) const = default;
};

// Never changes once it is published.
struct LayerVersion {
    LayerName name;
    std::string description;
    std::vector<std::string> runtimes;  // that it is made for; empty: all
    Code code;
    WallTime created;
};

// What all its versions share. Outlives them, so that no number is given twice.
struct Layer {
    AccountId account;
    std::string name;
    int last_version = 0;
    bool is_public = false;  // other accounts may use it
};

}  // namespace mayfly
