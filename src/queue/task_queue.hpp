// Work that somebody was promised: tasks that wait, are leased by whoever carries them out, and end
// once. Closed tasks stay as a record of what happened. Narrow, so that a second engine
// (PostgreSQL) can stand behind it; task_queue_contract.hpp says what any engine must keep.
//
// (1) put, ack, nack, dead and cancel return a success only after the change is durable.
// (2) At any moment a task has one lease at most; it ends by ack, nack, dead or its time. Whoever
//     comes with an older lease is told conflict and changes nothing.
// (3) What a task causes is put in the transaction that closes it: both or neither.
// (4) Of one lane the task that is due first is leased first; of those due together, the one that
//     was put first.
// (5) A task leased by a process that is gone is leased again: at least once, never lost.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/task.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::queue {

enum class State : std::uint8_t {
    waiting,  // for its time, or for somebody to lease it
    leased,
    done,
    stopped,  // cancelled before it was done
    dead,     // given up, with a cause
};
std::string_view to_text(State state);  // "waiting", …

struct NewTask {
    std::string id;     // unique
    std::string lane;   // tasks of one lane share its turns: "ACCOUNT/SERVICE/FUNCTION", …
    std::string dedup;  // the lane takes each such id once while it is kept; empty: none
    std::string kind;   // what it came from: "api", "timer", …
    std::string head;   // what it is: JSON, opaque here
    std::string body;   // bytes
    WallTime accepted{};
    WallTime due{};  // not before; also where its age begins
};

// Names one lease of one task.
struct Ref {
    std::int64_t n = 0;
    std::int64_t lease = 0;
};

struct Leased {
    Ref ref;
    std::string id, lane, dedup, kind, head, body;
    WallTime accepted{};
    WallTime first_due{};
    int attempts = 0;  // with this one
    int failures = 0;  // of the attempts before, those that failed
    int refusals = 0;  // how often in a row it could not even begin
};

struct LeaseWish {
    std::string lane;
    std::size_t count = 1;
    WallTime now{};
    WallTime until{};  // when the lease ends by itself
};

struct LeaseResult {
    std::vector<Leased> tasks;
    WallTime next_due = WallTime::max();  // of what still waits in the lane; max: nothing does
};

// How a try of a task ended that is not its last.
struct Again {
    enum class Why : std::uint8_t {
        failed,   // it ran and failed
        refused,  // it could not begin: counts for no attempt
    };
    Why why = Why::failed;
    WallTime due{};
    std::string note;  // one JSON object about the attempt, kept in the story
};

// How a task ended.
struct Ending {
    WallTime at{};
    std::string note;
    std::string result;           // what it answered
    std::string cause;            // of a dead one: a stable word, "FunctionError", "Expired", …
    std::string signature;        // of a dead one: the same for failures that are alike
    std::vector<NewTask> caused;  // rule (3)
};

// A task as it is shown.
struct Item {
    std::int64_t n = 0;
    std::string id, lane, dedup, kind, head, body, result, story, cause, signature;
    State state = State::waiting;
    bool stopping = false;  // it runs, and is to be stopped
    WallTime accepted{};
    WallTime due{};  // waiting: not before; leased: its lease ends; else: when it was closed
    int attempts = 0;
    int failures = 0;
};

struct ListWish {
    std::string lane;         // this lane only
    std::string lane_prefix;  // or all whose name begins so
    std::string dedup_prefix;
    std::string kind;
    std::string signature;
    std::vector<State> states;  // empty: all
    bool dedup_only = false;    // only tasks that have a dedup id
    bool callers_only = false;  // and it does not begin with '@': it was a caller's
    WallTime since = WallTime::min(), until = WallTime::max();  // accepted in [since, until)
    bool oldest_first = false;
    std::int64_t after = 0;  // where the page before ended; 0: from the beginning
    std::size_t limit = 20;  // at most 1000
    bool bodies = false;     // with body and result
};
struct ItemPage {
    std::vector<Item> items;
    std::int64_t next = 0;  // for `after`; 0 at the end
};

// Dead tasks of one lane that failed alike.
struct DeadGroup {
    std::string lane, cause, signature;
    std::int64_t count = 0;
    WallTime oldest{}, newest{};  // when they died
    std::string newest_id;
};

// Which dead tasks: all of a lane (prefix), of one signature, or one by its id.
struct DeadWish {
    std::string lane_prefix;
    std::string signature;
    std::string id;
    std::size_t limit = 100'000;
};

// How long closed tasks are kept, by age and by the bytes of their heads, bodies and results.
struct Keep {
    Micros age = std::chrono::hours{24 * 7};
    std::int64_t bytes = std::int64_t{1} << 30;
};

struct Counts {
    std::int64_t waiting = 0, leased = 0, dead = 0;
};

// Used on the loop thread. Kinds of every function: unavailable (the disk is full or fails), busy
// (too much waits for it).
class TaskQueue {
public:
    virtual ~TaskQueue() = default;

    // Told after each change that lets a task wait: its lane, and from when on. Loop thread; must
    // not call the queue.
    using Heard = std::function<void(const std::string& lane, WallTime due)>;
    virtual void on_waiting(Heard heard) = 0;

    // conflict (TaskAlreadyExists): the lane has a task of that dedup id, or there is one of that
    // id.
    virtual Task<Result<void>> put(NewTask task) = 0;

    virtual Task<Result<LeaseResult>> lease(LeaseWish wish) = 0;

    // conflict: the lease is not valid any more. One that is to be stopped becomes `stopped`.
    virtual Task<Result<void>> ack(Ref ref, Ending ending) = 0;
    virtual Task<Result<void>> dead(Ref ref, Ending ending) = 0;

    // It waits again. One that is to be stopped becomes `stopped` instead.
    virtual Task<Result<void>> nack(Ref ref, Again again) = 0;

    // Those whose lease is not valid any more are passed over.
    virtual Task<Result<void>> extend(std::vector<Ref> refs, WallTime until) = 0;

    // Leases that are over wait again.
    virtual Task<Result<void>> expire(WallTime now) = 0;

    // Every lane in which something waits, each with when its first task is due.
    struct Lane {
        std::string name;
        WallTime due{};
    };
    virtual Task<Result<std::vector<Lane>>> lanes() = 0;

    // not_found (TaskNotFound). By id, or by lane and dedup id.
    virtual Task<Result<Item>> get(std::string id) = 0;
    virtual Task<Result<Item>> find(std::string lane, std::string dedup) = 0;
    virtual Task<Result<ItemPage>> list(ListWish wish) = 0;
    virtual Task<Result<Counts>> counts(std::string lane_prefix) = 0;

    // A waiting task is stopped; a leased one is marked, and its holder ends it. The state it has
    // now. not_found; conflict (TaskClosed): it has ended already.
    virtual Task<Result<State>> cancel(std::string id, WallTime now) = 0;

    // Of dead tasks: alike ones together, newest first; back into their lanes, `gap` apart, as if
    // new; or away. How many.
    virtual Task<Result<std::vector<DeadGroup>>> dead_groups(std::string lane_prefix) = 0;
    virtual Task<Result<std::int64_t>> redrive(DeadWish wish, WallTime now, Micros gap) = 0;
    virtual Task<Result<std::int64_t>> drop(DeadWish wish) = 0;

    // Forgets the oldest closed tasks beyond what is to be kept; dead ones are counted by
    // themselves. In steps: true while there is more to do.
    virtual Task<Result<bool>> trim(WallTime now, Keep closed, Keep dead) = 0;
};

}  // namespace mayfly::queue
