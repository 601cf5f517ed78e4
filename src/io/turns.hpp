// Turns on the loop: what an account asks for in a crowd does not hold up what another asks for.
//
// The loop does what is ready, in the order in which it became so: 500 requests that one client
// sends at once would all be answered before the one that another sends. So each piece of work, a
// request to begin with or an answer to pass on, takes a turn first. A few may begin at once, as
// long as nobody waits; beyond that the accounts take turns, a few each time round the loop, which
// looks at its sockets in between: more seldom while there is but one account, for a look costs as
// much as a tenth of a call.
//
// An account's answers stand in a line of their own: behind a crowd of its requests they would hold
// up the workers that are to serve these.
#pragma once

#include "io/fair_line.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace mayfly::io {

enum class Work : std::uint8_t { request, answer };

// What stands for an account in take(), and for one that is not known yet.
inline constexpr std::uint64_t nobody = 0;
inline std::uint64_t party_of(std::string_view account) {
    return std::hash<std::string_view>{}(account);
}

// Loop thread only. Whoever waits when it is destroyed is destroyed with it.
class Turns {
public:
    Turns(boost::asio::io_context& loop, const Timers& timers) : loop_(loop), timers_(timers) {}

    // Calls `go_on` when it is the party's turn with such work: at once, as a rule.
    void take(std::uint64_t party, Work work, std::move_only_function<void()> go_on);
    // The same for a task, which goes on then.
    Task<> take(std::uint64_t party, Work work);

private:
    bool may_begin(std::uint64_t party);
    void go_round();

    boost::asio::io_context& loop_;
    const Timers& timers_;
    FairLine<std::move_only_function<void()>> line_;
    std::uint64_t last_ = nobody;  // party
    Time shared_until_{};          // more than one was there of late
    Time began_{};                 // this time round
    int begun_ = 0;                // since then
};

}  // namespace mayfly::io
