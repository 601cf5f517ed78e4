// Time that stands still until a test moves it: a week of waiting passes in milliseconds, in the
// same order every run.
#pragma once

#include "io/timers.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace mayfly::io {

// Starts at Time{} and at 2020-01-01T00:00:00Z. What waits for the same moment wakes in the order
// in which it began to wait.
class ManualTimers final : public Timers {
public:
    explicit ManualTimers(boost::asio::io_context& loop) : loop_(loop) {}

    Time now() const override { return now_; }
    WallTime wall() const override { return start_ + now_.time_since_epoch(); }
    Task<> until(Time t) override;
    std::unique_ptr<Alarm> alarm(std::function<void()> ring) override;

    // Runs everything that is ready, jumps to the next wake-up and runs what that made ready.
    // False, and nothing moved, if nothing waits.
    bool step();

    // Steps through all wake-ups up to `t`, and stands there.
    void run_until(Time t);

private:
    class ManualAlarm;
    using Key = std::pair<Time, std::uint64_t>;  // the second breaks ties in order of arrival

    using Waiting = std::map<Key, std::function<void()>>;

    Key add(Time t, std::function<void()> wake);
    void poll();

    boost::asio::io_context& loop_;
    Time now_{};
    WallTime start_{std::chrono::seconds(1'577'836'800)};
    std::uint64_t next_ = 0;
    // Shared with coroutines that wait here, which the loop may drop after we are gone.
    std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
};

}  // namespace mayfly::io
