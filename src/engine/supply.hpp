// What the machine can keep ready for a function, and what it keeps.
#pragma once

#include "model/function.hpp"

#include <string>

namespace mayfly::engine {

// Loop thread only.
class Supply {
public:
    virtual ~Supply() = default;

    // How many of its workers can be kept at most, beside what is kept of others. 0 or more.
    virtual int provisionable(const Route& route) const = 0;

    struct State {
        int provisioned = 0;  // alive now
        std::string error;    // why the last worker did not start; empty if it did
    };
    virtual State supply_of(FunctionId function) const = 0;
};

}  // namespace mayfly::engine
