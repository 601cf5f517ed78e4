// Mayfly's own API under /mayfly/v1: what Function Compute's API has no call for. JSON; signed like
// any FC call. Errors have one shape: {"error":{"code","kind","message","requestId"}}.
#pragma once

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "door/accounts_api.hpp"
#include "door/http.hpp"
#include "door/objects_upkeep.hpp"
#include "door/own_events.hpp"
#include "door/roles_api.hpp"
#include "io/task.hpp"
#include "meter/ledger.hpp"
#include "triggers/bus.hpp"
#include "triggers/object_events.hpp"
#include "workers/log_book.hpp"

namespace mayfly::door {

// Loop thread only.
class OwnApi {
public:
    OwnApi(const workers::LogBook& log_book, meter::Ledger& ledger, AccountsApi& accounts,
           RolesApi& roles, const triggers::ObjectEvents& object_events, const triggers::Bus& bus,
           OwnEvents& events, ObjectsUpkeep& upkeep, const Clock& clock, Rng& rng)
        : log_book_(log_book),
          ledger_(ledger),
          accounts_(accounts),
          roles_(roles),
          object_events_(object_events),
          bus_(bus),
          events_(events),
          upkeep_(upkeep),
          clock_(clock),
          rng_(rng) {}

    // GET logs?service=&function=&lines=: {"lines":[{"time","requestId","text"}]}, oldest first.
    // accounts: accounts_api.hpp. roles: roles_api.hpp.
    // GET bill[?period=true]:
    // {"functions":[{"service","function","invocations","errors","billedMs","gbSeconds","cold",
    //            "runMs","runGbSeconds"}], "totals":{the same sums},
    //            "period":{"hours","busiestGbSeconds"}}; run… with each call rounded up to 1 ms,
    //            and the hours from the first that was billed to the last, read from the disk if
    //            they are asked for; none while it fails.
    // GET calls/{request id}: {"requestId","service","function","version","trigger","start",
    //            "durationMs","billedMs","memoryMb","memoryMbPeak","outcome","cold","course":{…},
    //            "trace":null or {"traceId","spanId","parentSpanId"}}, course as model/course.hpp
    //            says. not_found: CallNotFound.
    // GET near-misses?service=&function=: {"nearMisses":[{"time","trigger","bucket","key","event",
    //            "why"}]}, the newest first: objects that a trigger of the function did not take;
    //            and published events, with "type", "source" and "id" for bucket, key and event.
    // events, dead, timers: own_events.hpp. objects: objects_upkeep.hpp.
    Task<Response> answer(const Request& request, AccountId account);

private:
    Response logs(const Request& request, const AccountId& account) const;
    Task<Response> bill(AccountId account, bool with_period);
    Response near_misses(const Request& request, const AccountId& account) const;
    Task<Response> call(std::string wanted, AccountId account, std::string id);

    const workers::LogBook& log_book_;
    meter::Ledger& ledger_;
    AccountsApi& accounts_;
    RolesApi& roles_;
    const triggers::ObjectEvents& object_events_;
    const triggers::Bus& bus_;
    OwnEvents& events_;
    ObjectsUpkeep& upkeep_;
    const Clock& clock_;
    Rng& rng_;
};

// An error in Mayfly's own shape.
Response own_error(const Error& error, const std::string& request_id);

}  // namespace mayfly::door
