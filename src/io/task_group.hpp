// Owns background coroutines, so that each can be stopped and waited for. The only place in the
// house where a coroutine is started without someone awaiting it.
//
// Loop thread only.
#pragma once

#include "base/log.hpp"
#include "io/task.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace mayfly::io {

class TaskGroup {
public:
    // `log` outlives the group and its tasks.
    TaskGroup(boost::asio::any_io_executor loop, const Log& log);

    // Destroy it after stop() has returned, or when the loop will not run again: tasks still there
    // are then dropped where they wait.
    ~TaskGroup();

    // Starts `task` from the loop, not from inside spawn(). What the task needs travels by value in
    // its parameters. An exception that escapes it is logged with `name`; the others go on. After
    // stop() was called it is dropped unstarted.
    void spawn(std::string name, Task<> task);

    // Cancels every task and returns when the last one has ended. A cancelled task's current wait
    // ends at once and its next co_await unwinds it, so its destructors run. Not to be called by a
    // member.
    Task<> stop();

    std::size_t running() const;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with each task's ending, which may come after us
};

}  // namespace mayfly::io
