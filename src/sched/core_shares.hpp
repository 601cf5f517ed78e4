// How accounts stand to each other on cores that are not enough for all. Pure.
//
// The kernel shares cores out between workers, so whoever has twenty of them has twenty shares, and
// a worker that wants a core for half a millisecond waits for milliseconds until its turn comes. So
// the workers of an account that had more than its share of late run only while no other wants
// the core: then those of the rest have one at once. Once it has had less than its share it stands
// among the others again; so none starves, however many the others are.
//
// The share is a level of water: what was used, less a quarter, would be poured out if each could
// use so much for each unit of its weight and no more. Those above it give way. Accounts that use
// little lie far below, so a hundred of them neither lower the level nor are above it.
//
// While some give way, those that use next to nothing come first: their workers take the core when
// they wake, from the server, too, which would keep it for milliseconds. They cannot do so often.
// Who calls once in a while is remembered for a minute, or it would come first too late each time.
#pragma once

#include "base/clock.hpp"
#include "model/ids.hpp"
#include "model/standing.hpp"

#include <map>
#include <set>

namespace mayfly::sched {

struct CoreUse {
    int weight = 1;  // of the account
    Micros used{};   // core time of all its workers since the last look
};
using CoreUses = std::map<TenantId, CoreUse>;

class CoreShares {
public:
    // Once in a while, always as long. `uses`: of accounts whose workers worked since the last
    // look. `busy`: there was not enough for all meanwhile.
    void look(const CoreUses& uses, bool busy);

    Standing standing(TenantId tenant) const;

    // More than one account used the cores of late.
    bool are_shared() const { return recent_.size() > 1; }

    // There has been enough for all for a while: nobody gives way, and nothing is remembered.
    bool is_quiet() const { return looks_left_ == 0; }

private:
    CoreUses recent_;                     // moving averages, an eighth of each the newest
    std::map<TenantId, int> remembered_;  // for so many looks, unless it uses something again
    std::set<TenantId> giving_way_, modest_;
    int looks_left_ = 0;  // until it is forgotten, if none is busy
};

// Those above the level; nobody if all are, or if all used nothing.
std::set<TenantId> above_level(const CoreUses& uses);
// Those that used less than a sixteenth of what all did.
std::set<TenantId> modest(const CoreUses& uses);

}  // namespace mayfly::sched
