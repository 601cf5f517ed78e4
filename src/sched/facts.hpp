// What the scheduler hears and what it answers. Facts are named in the past tense, orders in the
// imperative; both are plain values.
#pragma once

#include "base/clock.hpp"
#include "model/call.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace mayfly::sched {

// What one function may use; it travels with each of its calls, so the scheduler keeps no catalog.
struct Limits {
    int memory_mb = 128;    // of one worker
    int concurrency = 1;    // calls one worker takes at once, at least 1
    int workers_max = 100;  // of this function, stopping ones included; 0: none, calls are refused
    bool one_call = false;  // a worker takes one call in its life: rule (11); concurrency is then 1
};

// Whose function it is; it travels the same way.
struct Tenant {
    TenantId id;
    int weight = 1;             // its share of a full house, against the others' weights; 1 to 1000
    int workers_max = 1 << 20;  // of all its functions, stopping ones included; at least 1
};

// ---- Facts: what happened. ----

struct CallArrived {
    CallId call;
    FunctionId function;
    Time deadline;  // if it does not run before this moment it is refused
    Limits limits;
    bool recallable = false;  // once sent to a worker it can be had back until it begins: rule (8)
    Tenant tenant{};
    bool background = false;  // nobody waits for its answer: rule (9)
};
struct ProvisionSet {  // so many workers of the function are to be kept, whether or not it is
                       // called
    FunctionId function;
    Limits limits;
    Tenant tenant{};
    int target = 0;      // 0: none any more
    bool awake = false;  // they are not frozen while they idle
};
struct CallTakenBack {  // it had been sent ahead, or to a worker that is doomed, and had not begun:
                        // it waits again
    WorkerId worker;
    CallId call;
};
struct CallWithdrawn {  // nobody wants its answer any more: it is refused, if it still waits
    CallId call;
    FunctionId function;
};
struct WorkerReady {  // a started worker takes calls
    WorkerId worker;
};
struct CallEnded {  // answered, whatever the answer: its worker has room again
    WorkerId worker;
    CallId call;
    std::optional<Micros> undisturbed{};  // without what it waited for a core, if that is known
    Micros ran{};                         // of that, on a core
};
struct WorkerDoomed {  // it is being killed (a call's time limit passed): no more calls; WorkerGone
                       // follows
    WorkerId worker;
};
struct WorkerGone {  // its process has ended and freed what it held: stopped, died or never got
                     // ready
    WorkerId worker;
};
struct FunctionRetired {  // a newer revision took its place: no worker of it is kept for later
    FunctionId function;
};
struct MemoryShort {};  // the machine has little left: workers that idle are a luxury
struct CoresBusy {      // whether the cores, or who hands out calls, have nothing left to give: (2)
    bool busy = false;
};
struct Tick {};  // time passed
using Fact =
    std::variant<CallArrived, ProvisionSet, CallTakenBack, CallWithdrawn, WorkerReady, CallEnded,
                 WorkerDoomed, WorkerGone, FunctionRetired, MemoryShort, CoresBusy, Tick>;

// Why a call waits.
enum class Hold : std::uint8_t {
    nothing,         // it does not
    soon,            // its function's calls are so short that a busy worker is free in no time
    starting,        // a worker for it is on its way
    function_limit,  // its function has all the workers it may have
    account_limit,   // its account has
    house_full,      // the machine has all the workers, or has given all the memory, it may
};

enum class Why : std::uint8_t {
    full,          // as many calls as allowed wait already
    tenant_full,   // the same, of all the account's functions
    late,          // its deadline passed while it waited
    lost,          // its worker's process ended while it ran
    start_failed,  // the worker it waited for did not start
    too_big,       // one worker needs more memory than the house may give
    none_allowed,  // its function may have no worker at all
    withdrawn,     // its caller went away while it waited
};

// ---- Orders: what the engine must do now. ----

struct StartWorker {
    WorkerId worker;
    FunctionId function;
};
struct StopWorker {
    WorkerId worker;
};
struct FreezeWorker {  // it is idle and need not run; a RunCall thaws it
    WorkerId worker;
};
struct PageOutWorker {  // it is frozen, and its memory may go to swap; a RunCall brings it back
    WorkerId worker;
};
struct RunCall {
    WorkerId worker;
    CallId call;
    Start start;         // cold: it waited for this worker to start
    bool ahead = false;  // it begins when the worker's present call ends: rule (8)
};
struct TakeBack {  // one that was sent ahead, if it has not begun: then CallTakenBack follows
    WorkerId worker;
    CallId call;
};
struct Refuse {
    CallId call;
    Why why;
    Hold hold;  // what it waited for until then
};
using Order =
    std::variant<StartWorker, StopWorker, FreezeWorker, PageOutWorker, RunCall, TakeBack, Refuse>;

// The words used for them everywhere: API, command line, log, metrics.
std::string_view to_text(Why why);
std::string_view to_text(Hold hold);

}  // namespace mayfly::sched
