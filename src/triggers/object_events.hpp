// Triggers of type oss: what the object store is to watch for, and the way of its events from the
// outbox to their functions.
//
// (1) An event leaves the outbox only after it was handled, or given up for good, with a line in
// the
//     log; a server that ends in between delivers it again: at least once.
// (2) At most so many are on their way at once; the others wait in the outbox, on the disk.
#pragma once

#include "base/log.hpp"
#include "catalog/catalog.hpp"
#include "io/task_group.hpp"
#include "io/timers.hpp"
#include "model/call.hpp"
#include "objects/store.hpp"
#include "triggers/delivery.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace mayfly::triggers {

// Loop thread. What it is given outlives it.
class ObjectEvents {
public:
    struct Options {
        std::size_t under_way_max = 256;
        DeliveryRules rules;
        std::string region = "cn-hangzhou";  // told in events
    };

    struct Event {
        std::string once;  // its name: the same for each try, and for no other event
        Target target;
        std::string trigger, body;
        std::string parent;       // the event that led to it; empty: a client did
        int depth = 0;            // how many events led to it
        std::string traceparent;  // of whoever changed the object; empty: nobody said
    };
    // Hands an event over; returns once it is safe elsewhere, or how it went instead.
    using Deliver = std::function<Task<Tried>(Event event)>;

    ObjectEvents(Options options, const catalog::Catalog& catalog, objects::Store& store,
                 Deliver deliver, io::Timers& timers, const Log& log);

    // The triggers may have changed: the store watches for what they say from now on.
    void refresh();

    // Delivers what is in the outbox and what comes, until it is stopped. `tasks` outlives it.
    Task<> run(io::TaskGroup& tasks);

    // The server is about to end: nothing more is handed over. What is left stays in the outbox.
    void close() { tasks_ = nullptr; }

    // The newest changes that a trigger of this function did not take, the newest first: kept in
    // memory, a thousand of all functions.
    struct NearMiss {
        std::string trigger;
        objects::NearMiss miss;
    };
    std::vector<NearMiss> near_misses(const AccountId& account, std::string_view service,
                                      std::string_view function) const;

    std::size_t under_way() const { return under_way_.size(); }

private:
    Task<> deliver_one(objects::OutboxEvent event);
    void wake() { wake_->set(timers_.now()); }

    Options options_;
    const catalog::Catalog& catalog_;
    objects::Store& store_;
    Deliver deliver_;
    io::Timers& timers_;
    const Log& log_;
    std::set<std::int64_t> under_way_;
    std::deque<objects::NearMiss> missed_;
    io::TaskGroup* tasks_ = nullptr;
    std::unique_ptr<io::Alarm> wake_;
    void pump();
};

}  // namespace mayfly::triggers
