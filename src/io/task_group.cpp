#include "io/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <list>

namespace mayfly::io {

namespace asio = boost::asio;

struct TaskGroup::State {
    State(asio::any_io_executor l, const Log& g)
        : loop(std::move(l)), log(g), idle(loop, asio::steady_timer::time_point::max()) {}

    void ended(const std::string& name, std::exception_ptr error);

    asio::any_io_executor loop;
    const Log& log;
    asio::steady_timer idle;  // never fires: cancelling it says that the last task has ended
    std::list<asio::cancellation_signal> tasks;
    bool stopping = false;
};

void TaskGroup::State::ended(const std::string& name, std::exception_ptr error) {
    if (!error) return;
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& e) {
        if (stopping && e.code() == asio::error::operation_aborted) return;
        log.error("task {} ended: {}", name, e.what());
    } catch (const std::exception& e) {
        log.error("task {} ended: {}", name, e.what());
    }
}

TaskGroup::TaskGroup(asio::any_io_executor loop, const Log& log)
    : state_(std::make_shared<State>(std::move(loop), log)) {}

TaskGroup::~TaskGroup() = default;

void TaskGroup::spawn(std::string name, Task<> task) {
    if (state_->stopping) return;
    const auto it = state_->tasks.emplace(state_->tasks.end());
    auto done = [state = state_, it, name = std::move(name)](std::exception_ptr error) {
        state->ended(name, error);
        state->tasks.erase(it);
        if (state->tasks.empty()) state->idle.cancel();
    };
    asio::co_spawn(state_->loop, std::move(task),
                   asio::bind_cancellation_slot(it->slot(), std::move(done)));
}

Task<> TaskGroup::stop() {
    const auto state = state_;
    state->stopping = true;
    // Cancelling may end a task on the spot, which takes it off the list.
    for (auto it = state->tasks.begin(); it != state->tasks.end();) {
        (it++)->emit(asio::cancellation_type::terminal);
    }
    while (!state->tasks.empty()) {
        co_await state->idle.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

std::size_t TaskGroup::running() const { return state_->tasks.size(); }

}  // namespace mayfly::io
