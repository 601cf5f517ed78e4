// Waiting. Coroutines wait with until(); plain code that must act at a moving moment keeps an
// Alarm.
//
// Timers is a Clock one can wait on, so a part that both reads and awaits time takes one thing. The
// real one is SystemTimers; a test owns ManualTimers (timers_manual.hpp) and moves it by hand.
// Loop thread only, except for the Clock's own two functions.
#pragma once

#include "base/clock.hpp"
#include "io/task.hpp"

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace mayfly::io {

// Rings once at a moment that may be moved as often as wanted: moving it later or calling it off
// costs a few nanoseconds. Destroying it calls it off. Must not outlive the Timers it came from.
class Alarm {
public:
    virtual ~Alarm() = default;

    // Rings at `t` instead of at any moment set before; Time::max() is never. A moment already past
    // rings from the loop as soon as it can, never from inside set().
    virtual void set(Time t) = 0;
};

class Timers : public Clock {
public:
    // Returns at `t`, or at once if it is past. A task that is cancelled while it waits here (see
    // TaskGroup::stop, or the losing side of `||`) is unwound from here: it does nothing more.
    virtual Task<> until(Time t) = 0;

    // `ring` is called on the loop thread. It may set its alarm again or destroy it.
    virtual std::unique_ptr<Alarm> alarm(std::function<void()> ring) = 0;
};

// The machine's time. The loop must outlive it and everything it made.
class SystemTimers final : public Timers {
public:
    explicit SystemTimers(boost::asio::io_context& loop) : loop_(loop) {}

    Time now() const override { return clock_.now(); }
    WallTime wall() const override { return clock_.wall(); }
    Task<> until(Time t) override;
    std::unique_ptr<Alarm> alarm(std::function<void()> ring) override;

private:
    boost::asio::io_context& loop_;
    SystemClock clock_;
};

}  // namespace mayfly::io
