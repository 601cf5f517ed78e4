// Events, dead letters and timers on Mayfly's own API, under /mayfly/v1/. JSON; times are
// milliseconds since 1970 in, ISO 8601 out.
//
// GET  events?service=&function=&trigger=&status=&since=&until=&limit=&after=
//      {"events":[EVENT],"next":"…"}, the newest first. status: waiting, running, done, dead,
//      stopped.
// GET  events/{id}          EVENT with "payload", "result" and "story".
// POST events/{id}/replay   {"payload"?,"qualifier"?,"function"?,"service"?}: a new event, {"id"}.
// POST events/replay        the filter of a list, and "limit" (at most 1000): {"replayed":n}.
// POST events/{id}/stop     {"status"}.
// GET  dead?service=&function=   {"groups":[{"service","function","cause","signature","count",
//                           "oldest","newest","newestId"}]}
// POST dead/redrive         {"service"?,"function"?,"signature"?,"id"?,"limit"?,"rate"?}:
// {"redriven":n} POST dead/drop            the same: {"dropped":n} GET
// timers?service=&function=&count=   {"timers":[{"trigger","cronExpression","enable","next",
//                           "missed"}]}
// POST timers/run           {"service","function","trigger"}: {"id"}
// POST timers/backfill      the same with "after" and "until": {"made","there"}
// POST publish              CloudEvents 1.0 (triggers/cloud_event.hpp): {"events":[{"ids":[…],
//                           "there":n,"missed":[{"service","function","trigger","why"}]}]}, one
//                           for each event that was sent
// EVENT: {"id","service","function","trigger","name","status","cause","signature","attempts",
//         "accepted","due" or "ended","depth","parent"}; one for a webhook has "url" instead.
#pragma once

#include "catalog/catalog.hpp"
#include "door/http.hpp"
#include "engine/async_walk.hpp"
#include "queue/events.hpp"
#include "triggers/bus.hpp"
#include "triggers/timers.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace mayfly::door {

// Loop thread only. What it is given outlives it.
class OwnEvents {
public:
    OwnEvents(const catalog::Catalog& catalog, queue::Events& events, queue::TaskQueue& queue,
              engine::AsyncWalk& walk, triggers::Timers& timers, triggers::Bus& bus,
              const Clock& clock)
        : catalog_(catalog),
          events_(events),
          queue_(queue),
          walk_(walk),
          timers_(timers),
          bus_(bus),
          clock_(clock) {}

    // Is this path, without /mayfly/v1/, one of ours?
    static bool takes(std::string_view path);

    // The body of a 200. not_found (PathNotSupported, TaskNotFound, …), invalid, …
    Task<Result<boost::json::object>> answer(const Request& request, std::string path,
                                             AccountId account);

private:
    using Answer = Task<Result<boost::json::object>>;

    Answer list(const Request& request, AccountId account);
    Answer show(std::string id, AccountId account);
    Answer replay(std::string id, const Request& request, AccountId account);
    Answer replay_many(const Request& request, AccountId account);
    Answer stop(std::string id, AccountId account);
    Answer dead(const Request& request, AccountId account);
    Answer redrive(const Request& request, AccountId account);
    Answer drop(const Request& request, AccountId account);
    Answer timers(const Request& request, AccountId account);
    Answer run_timer(const Request& request, AccountId account);
    Answer publish(const Request& request, AccountId account);
    Answer backfill(const Request& request, AccountId account);
    Task<Result<queue::Item>> find(std::string id, AccountId account);
    Task<Result<std::string>> again(const queue::Item& item, const boost::json::object& changes);

    const catalog::Catalog& catalog_;
    queue::Events& events_;
    queue::TaskQueue& queue_;
    engine::AsyncWalk& walk_;
    triggers::Timers& timers_;
    triggers::Bus& bus_;
    const Clock& clock_;
};

}  // namespace mayfly::door
