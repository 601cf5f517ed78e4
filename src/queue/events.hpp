// The one way in for events: whatever happens (an asynchronous call, a stored object, a time of
// day, a published event) is handed over here, once for each function it is for.
#pragma once

#include "base/clock.hpp"
#include "base/rng.hpp"
#include "queue/event.hpp"
#include "queue/task_queue.hpp"

namespace mayfly::queue {

// Loop thread only. Queue, clock and rng outlive it.
class Events {
public:
    Events(TaskQueue& queue, const Clock& clock, Rng& rng)
        : queue_(queue), clock_(clock), rng_(rng) {}

    // Takes the event over: when this returns its id, it is on the disk, and it ends exactly in a
    // success, in the dead letters, or stopped. An empty `id` is made here. Whether the target
    // exists is asked when it is called; a door that wants to say so earlier asks the catalog.
    // invalid (EntityTooLarge): its body has more than kEventBytesMax; conflict
    // (TaskAlreadyExists): its task_id was taken before; busy, unavailable: nothing was taken.
    Task<Result<std::string>> accept(Event event);

private:
    TaskQueue& queue_;
    const Clock& clock_;
    Rng& rng_;
};

}  // namespace mayfly::queue
