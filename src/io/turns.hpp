// Turns on the loop: what a party asks for in a crowd does not hold up what another asks for.
//
// The loop does what is ready, in the order in which it became so: 500 requests that one client
// sends at once would all be answered before the one that another sends. So each task that begins a
// piece of work takes a turn first. A few may begin at once, as long as nobody waits; beyond that
// the parties take turns, a few each time round the loop, which looks at its sockets in between.
#pragma once

#include "io/fair_line.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"

#include <cstdint>
#include <functional>

namespace mayfly::io {

// Loop thread only. Whoever waits when it is destroyed is destroyed with it.
class Turns {
public:
    Turns(boost::asio::io_context& loop, const Timers& timers) : loop_(loop), timers_(timers) {}

    // Returns when it is the turn of one of `party`: at once, as a rule.
    Task<> take(std::uint64_t party);

private:
    void go_round();

    boost::asio::io_context& loop_;
    const Timers& timers_;
    FairLine<std::move_only_function<void()>> line_;
    Time began_{};   // this time round
    int begun_ = 0;  // since then
};

}  // namespace mayfly::io
