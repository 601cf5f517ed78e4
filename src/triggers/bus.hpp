// The event bus: published events go to every function that has a trigger (type eventbridge) whose
// pattern they fit.
#pragma once

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "catalog/catalog.hpp"
#include "catalog/event_trigger.hpp"
#include "queue/events.hpp"

#include <boost/json/object.hpp>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::triggers {

// Loop thread. What it is given outlives it.
class Bus {
public:
    Bus(const catalog::Catalog& catalog, queue::Events& events, const Clock& clock, Rng& rng)
        : catalog_(catalog), events_(events), clock_(clock), rng_(rng) {}

    // The triggers may have changed.
    void refresh();

    // A rule that did not take an event, and why.
    struct NearMiss {
        std::string service, function, trigger, why;
        std::string type, source, id;  // the event's
        WallTime time{};
    };
    struct Published {
        std::vector<std::string> ids;  // of the events it became, one for each rule that fits
        std::size_t there = 0;         // rules that had this event already
        std::vector<NearMiss> missed;  // the first 20
    };

    // Takes an event (CloudEvents 1.0, checked) over for all whose rule it fits: durable when this
    // returns. The same source and id reach a rule once, so publishing again after an error is
    // safe. `depth` and `parent`: how many events led to it, and the last; `cause_span`: the span
    // of whoever published it. Errors: queue::Events::accept.
    Task<Result<Published>> publish(AccountId account, boost::json::object event, int depth = 0,
                                    std::string parent = {},
                                    std::optional<TraceContext> cause_span = {});

    // The newest events that a rule of this function did not take, the newest first: kept in
    // memory, a thousand of all functions.
    std::vector<NearMiss> near_misses(const AccountId& account, std::string_view service,
                                      std::string_view function) const;

    // What a function's answer becomes when the bus is its destination: the answer itself if it is
    // a CloudEvent, else one of type "fc:function:succeeded" or "…:failed" that holds it. The
    // events for each rule it fits.
    std::vector<queue::Event> from_answer(const queue::Event& cause, const std::string& answer,
                                          bool ok);

private:
    struct Rule {
        Trigger trigger;
        catalog::EventRule rule;
    };
    static queue::Event event_for(const Rule& rule, const std::string& body);
    // The rules of the account that take the event; the others are noted as near misses, and the
    // first 20 of them told.
    std::vector<const Rule*> takers(const AccountId& account, const boost::json::object& event,
                                    std::vector<NearMiss>& missed);

    const catalog::Catalog& catalog_;
    queue::Events& events_;
    const Clock& clock_;
    Rng& rng_;
    std::vector<Rule> rules_;
    std::deque<std::pair<AccountId, NearMiss>> missed_;  // the newest first
};

}  // namespace mayfly::triggers
