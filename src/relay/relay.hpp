// The way of all sandboxes to the internet: one stack for each, in one loop.
//
// Single-threaded. A sandbox whose turn takes too long, or that brings the process down, takes the
// others' way with it; the launcher says so and starts another.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "reach/guard.hpp"
#include "relay/own_addresses.hpp"
#include "relay/stack.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

namespace mayfly::relay {

class Relay {
public:
    // `orders`: the SOCK_SEQPACKET end of sandbox/relay_link.hpp. `own` is what addresses.read()
    // said.
    Relay(Fd orders, OwnAddresses addresses, reach::Rules rules, const Clock& clock);

    // Serves until the launcher goes. Returns the exit code.
    int run();

private:
    int wait_ms() const;
    bool take_orders();
    bool take_news();
    void give_turns(const std::set<Stack*>& stacks);

    Fd orders_;
    OwnAddresses addresses_;
    Common common_;
    std::unordered_map<std::uint64_t, std::unique_ptr<Stack>> by_worker_;
    std::set<std::pair<Time, Stack*>> due_;  // of those that want a turn in any case
};

}  // namespace mayfly::relay
