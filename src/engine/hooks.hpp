// Which lifecycle hook a worker runs, and when (facts: function-compute 4.9). Pure.
//
// (1) preFreeze runs when the worker is to be frozen, preStop when it is to be stopped: one at a
//     time, and the worker is frozen or stopped when it has ended, well or not.
// (2) Before it has answered a call a worker has nothing to put in order: no hook runs.
// (3) No call runs beside a hook. One that comes meanwhile is held, and begins when it has ended.
// (4) Nor is one sent ahead to a worker while its call has parts, of its answer or of its request:
//     what belongs to that call must not wait in line behind another.
#pragma once

#include "model/function.hpp"
#include "sched/facts.hpp"
#include "workers/wire.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace mayfly::engine {

// Its time limit.
Seconds limit_of(const FunctionSpec& spec, workers::Hook hook);

// Of one worker.
class Hooks {
public:
    enum class Step : std::uint8_t {
        wait,    // for the hook that runs
        run,     // the hook that running() names
        freeze,  // the worker
        stop,    // the worker
        resume,  // with the calls that were held
    };

    void answered_a_call() { worked_ = true; }

    // What to do first when the worker is to be frozen, or stopped.
    Step freeze(const FunctionSpec& spec);
    Step stop(const FunctionSpec& spec);

    // And when the hook that runs has ended.
    Step ended(const FunctionSpec& spec);

    // The hook that runs has ended with its worker.
    void cut_off() { running_.reset(); }

    std::optional<workers::Hook> running() const { return running_; }

    // Keeps a call until the hook, or the call in parts, has ended. False: it may be sent.
    bool hold(const sched::RunCall& order);

    // The call that runs has parts; it has ended: what was held.
    void parts_begin() { in_parts_ = true; }
    std::vector<sched::RunCall> parts_ended();

    // Gives up a call that was held. False: it was not.
    bool let_go(CallId call);
    std::vector<sched::RunCall> take_held();

private:
    bool worked_ = false, stopping_ = false, in_parts_ = false;
    std::optional<workers::Hook> running_;
    std::vector<sched::RunCall> held_;  // in the order they came
};

}  // namespace mayfly::engine
