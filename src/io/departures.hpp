// Answers that are made in one round of the loop leave together, at its end.
//
// Each would leave as soon as it is made, 20 us after the one before it: time enough for a client
// on the same machine to take it, find no other and sleep, so that every send has to wake it. Those
// that leave one right behind the other find it awake. And when their connections are read after
// that, the next requests of the first are there already.
#pragma once

#include "io/task.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace mayfly::io {

// Loop thread only. It outlives its tasks; those that wait when the loop is destroyed go with it.
class Departures {
public:
    explicit Departures(boost::asio::io_context& loop) : loop_(loop) {}

    // Calls `go` after all that is ready now. The task goes on when everybody of this round has
    // gone.
    Task<> leave(std::move_only_function<void()> go);

private:
    struct Leaving;

    boost::asio::io_context& loop_;
    std::weak_ptr<std::vector<Leaving>> next_;  // those of this round, which its end owns
};

}  // namespace mayfly::io
