// Scheduler: decides which worker takes which call, and when workers start and stop.
//
// A plain value machine: facts go in with the time at which they happened, orders come out. It does
// no I/O, reads no clock, owns no thread and never blocks, so a test can run a week of traffic in a
// second and replay any failure from its seed. The same facts give the same orders, bit for bit.
//
// Its rules:
// (1) A call goes to the most recently used worker of its function that has room. With none it
// waits,
//     oldest first, for whichever comes first: room on a worker or a new worker.
// (2) A worker is started for a waiting call that neither a starting worker covers nor a busy one
//     will have taken by the time it is there (need.hpp), within the function's limits and the
//     house's. Not more than `starts` start at once, or the calls that run would wait for the
//     cores; those that take longer than `start_brief` wait for something else, and do not count.
// (3) A worker counts against every limit from StartWorker until WorkerGone: one that is stopping
// still
//     holds its memory. A start that waits for such room has its place reserved.
// (4) In a full house the longest idle worker of another function gives way. Who wants a worker is
//     served in this order: those with a caller who waits before the background; the tenant that
//     has the least of the house for its weight (of workers or of memory, whichever is more); of
//     its functions the one that has the least; who was given a place longest ago. The first is
//     not passed by others while it does not fit. If no worker is idle, a busy one gives way once
//     its call ends: at once to another tenant if that leaves both nearer to their shares; after a
//     `turn`, to a function whose call has waited for a `turn`, unless its own then had less than
//     that one has. A tenant at its own limit makes room of its own.
// (5) A worker that takes no call for `freeze_after` is frozen, and paged out when it takes none
// for
//     `page_out_after`. One that takes none for as long as its function's usual pauses make it
//     worth (`idle_keep`, keep.hpp) is stopped; a retired function's at once; when memory is short
//     an eighth of the idle ones, the longest idle first. A worker with a call on it is never
//     stopped.
// (6) A worker that does not start takes with it the oldest calls that nothing else is starting for
//     (at most as many as it would have taken), so that a broken function neither waits for ever
//     nor starts for ever.
// (7) Each call gets exactly one ending from here: Refuse, or RunCall and then either the engine's
//     CallEnded or Refuse{lost}. Refuse{lost} comes for every call that runs on a worker when it
//     goes and has not been said to have ended; the engine drops it if it has answered the caller
//     already.
//
// (8) While `crew` calls of a function run and its calls usually take less than `quick`, were they
//     undisturbed (usual_run.hpp; remembered while the function sleeps), a further one is patient:
//     it is sent ahead to a worker of that crew, `ahead` to each, and waits in line when all have
//     as many. A few workers that find their next call waiting serve short calls faster, and with
//     far less work, than one worker for each call. After `patience` it is as any other: taken
//     back if it has not begun, and served by rules (1) and (2). Where short calls wait for little
//     but a core, no worker is started beyond their crew, and one that is there stops when idle.
//
// (9) A background call, whose answer nobody waits for, runs after those of its function whose
//     callers do.
// (10) A function has as many provisioned workers as were set, called or not: they are started
//     before any other, never stopped while they are, and of no account for its own limit. One
//     that does not start or dies is started again after a second, twice as long each time, up to
//     a minute. The house's limits hold for them in sum: what is set beyond is not given.
// (11) A worker of a function of one call each is stopped when its call ends, provisioned or not;
//     nothing is sent ahead to it.
//
// Each fact costs O(log n) in waiting calls and functions, whatever the number of workers; a call
// that finds a free worker allocates nothing.
//
// Owned by engine; loop thread only.
#pragma once

#include "sched/facts.hpp"
#include "sched/keep.hpp"

#include <memory>
#include <vector>

namespace mayfly::sched {

struct Options {
    int workers_max = 1000;             // alive at once, all functions together
    std::int64_t memory_mb_max = 8192;  // given to them in sum
    int waiting_max = 1000;             // calls that may wait for one function, at least 1
    int tenant_waiting_max = 5000;      // and for all of one tenant
    Keep idle_keep{};
    Micros freeze_after = Millis{50};
    Micros page_out_after = Micros::max();  // never: for a machine without swap
    Micros turn = Seconds{1};  // rule (4): bounds how often workers change hands under overload
    int crew = 3;              // rule (8): one more than the cores that run them is best
    Micros quick{500};         // 0: no call is
    int ahead = 8;             // at least 1
    Micros patience = Millis{2};
    Micros linger = Millis{10};  // rule (2): on a busy worker no call counts for longer; 0: none
    Micros stall = Millis{100};  // rule (2): nor on workers none of which was free for so long
    int starts = 8;              // rule (2): at least 1
    Micros start_brief = Millis{100};
};

// How things stand, for metrics and the status page.
struct Counts {
    int starting = 0;
    int busy = 0;
    int idle = 0;
    int stopping = 0;     // counted until WorkerGone
    int provisioned = 0;  // of those that start, work or idle
    std::int64_t memory_mb = 0;
    int waiting = 0;     // calls
    int background = 0;  // of these: nobody waits for their answers
};

class Scheduler {
public:
    explicit Scheduler(Options options);
    ~Scheduler();
    Scheduler(Scheduler&&) noexcept;
    Scheduler& operator=(Scheduler&&) noexcept;

    // Takes one fact and appends the orders it causes to `out`, in the order they are to be carried
    // out. `now` is never less than in the call before. A CallId is used once. Facts about workers
    // that are gone, or were told to stop, are ignored: they crossed our order on its way.
    void on(const Fact& fact, Time now, std::vector<Order>& out);

    // The same with a vector of its own.
    std::vector<Order> on(const Fact& fact, Time now);

    // The next moment at which a Tick would change something; Time::max() if none.
    Time next_tick() const;

    Counts counts() const;

    // Of the function, from StartWorker to WorkerGone.
    int workers(FunctionId function) const;

    // Whether anything is known of it: it has workers or calls, or had some lately.
    bool remembers(FunctionId function) const;

    // What the function has and uses now.
    struct Use {
        int workers = 0, provisioned = 0;  // that start, work or idle
        int running = 0;                   // calls
    };
    Use use(FunctionId function) const;

    // Whether more of its calls run than a crew of it would, or as many while a core idles: then it
    // helps to know what they take undisturbed.
    bool is_crowded(FunctionId function) const;

    // How many workers of so much memory can be provisioned for it at most, beside what is set for
    // other functions. 0 or more.
    int provisionable(FunctionId function, int memory_mb) const;

    // Why the function's calls wait now.
    Hold hold(FunctionId function) const;

private:
    class House;
    std::unique_ptr<House> house_;
};

}  // namespace mayfly::sched
