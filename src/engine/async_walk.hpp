// The walk of an event that nobody waits for: lease → call → settle. It joins the walk of every
// other call at Invoker::invoke.
//
// (1) An event is out of the queue only after what became of it is on the disk. A disk that fails
//     holds its end back; it is tried again until it is written.
// (2) Events yield to calls that are waited for: while one of those waits for a worker no event is
//     begun, but one a second, so that none starves.
// (3) At most `running_max` run at once, and of one function as many as its config says. Lanes
//     share that room fairly (queue/turns.hpp).
// (4) An event that `queue::kDepthMax` others led to is dead, as a loop.
#pragma once

#include "base/log.hpp"
#include "base/rng.hpp"
#include "catalog/catalog.hpp"
#include "deliver/mailer.hpp"
#include "deliver/webhooks.hpp"
#include "engine/invoke.hpp"
#include "engine/outcome_event.hpp"
#include "io/task_group.hpp"
#include "io/timers.hpp"
#include "queue/task_queue.hpp"
#include "queue/turns.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mayfly::engine {

// Loop thread only. Every part handed over outlives it.
class AsyncWalk {
public:
    struct Options {
        std::size_t running_max = 128;  // events that run at once
        std::size_t lane_max = 100;     // of one function, unless its config says else
        std::string region = "local";   // in ARNs
        Seconds lease{300};
        queue::Keep closed{};                                  // of events that ended well
        queue::Keep dead{.age = std::chrono::hours{24 * 30}};  // of dead letters
    };

    AsyncWalk(queue::TaskQueue& queue, const catalog::Catalog& catalog, Invoker& invoker,
              deliver::Webhooks& webhooks, deliver::Mailer& mailer, io::Timers& timers, Rng& rng,
              const Log& log, boost::asio::any_io_executor loop, Options options);

    // What a function's answer becomes if the event bus is its destination. Before open().
    using FromAnswer = std::function<std::vector<queue::Event>(const queue::Event& cause,
                                                               const std::string& answer, bool ok)>;
    void on_bus(FromAnswer from_answer) { from_answer_ = std::move(from_answer); }

    // Takes up what waits in the queue. Once, when calls can be answered.
    Task<Result<void>> open();

    // For ever: keeps leases alive and forgets old events. For a TaskGroup.
    Task<> tend();

    // Begins no more events.
    void close() { closing_ = true; }

    std::size_t running() const { return leases_.size(); }

    // Stops an event, by its id: one that waits at once, one that runs with its worker if it is
    // alone on it, else when it ends. Errors: TaskQueue::cancel.
    Task<Result<queue::State>> stop(std::string id);

private:
    struct Settled {
        queue::Event event;
        Attempt attempt;
        queue::NextStep step;
        AsyncConfig config;
    };

    void look();
    std::size_t room();
    std::size_t limit_of(const std::string& lane) const;
    Task<> lease(queue::Turns::Share share);
    Task<> walk(queue::Leased task);
    Task<Settled> run(const queue::Leased& task);
    Task<Attempt> call(const queue::Event& event, int retry_count);
    Task<Attempt> post(const queue::Event& event);
    Task<> settle(const queue::Leased& task, Settled settled);
    Task<Result<void>> write_end(const queue::Leased& task, const Settled& settled);
    std::vector<queue::NewTask> caused_by(const Settled& settled, int attempts,
                                          std::string_view condition);

    queue::TaskQueue& queue_;
    const catalog::Catalog& catalog_;
    Invoker& invoker_;
    deliver::Webhooks& webhooks_;
    deliver::Mailer& mailer_;
    io::Timers& timers_;
    Rng& rng_;
    const Log& log_;
    const Options options_;
    FromAnswer from_answer_;
    queue::Turns turns_;
    std::map<std::int64_t, queue::Ref> leases_;  // by n: those we hold
    Time last_begun_{};
    bool closing_ = false;
    std::unique_ptr<io::Alarm> alarm_;
    io::TaskGroup group_;  // last: its tasks use all of the above
};

}  // namespace mayfly::engine
