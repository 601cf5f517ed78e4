#include "io/timers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mayfly::io {
namespace {

namespace asio = boost::asio;
using Steady = asio::steady_timer::clock_type;

// Both count CLOCK_MONOTONIC.
Steady::time_point steady(Time t) {
    if (t == Time::max()) return Steady::time_point::max();
    return Steady::time_point(std::chrono::duration_cast<Steady::duration>(t.time_since_epoch()));
}

// The system timer behind it is touched only when the alarm must ring earlier than it would wake:
// one that keeps moving later (the common case) wakes early once, sees it is too soon and sleeps
// on.
class SystemAlarm final : public Alarm {
public:
    SystemAlarm(asio::io_context& loop, const Clock& clock, std::function<void()> ring)
        : state_(std::make_shared<State>(loop, clock, std::move(ring))) {}
    ~SystemAlarm() override { state_->due = Time::max(), state_->timer.cancel(); }

    void set(Time t) override {
        state_->due = t;
        if (t < state_->wakes) arm(state_);
    }

private:
    struct State {
        State(asio::io_context& loop, const Clock& c, std::function<void()> r)
            : timer(loop), clock(c), ring(std::move(r)) {}
        asio::steady_timer timer;
        const Clock& clock;
        std::function<void()> ring;
        Time due = Time::max();    // when it is to ring
        Time wakes = Time::max();  // when the system timer fires
        std::uint64_t round = 0;   // tells a stale wake-up from the current one
    };

    // The waiting handler is the second owner, so that `ring` may destroy the alarm.
    static void arm(const std::shared_ptr<State>& state) {
        state->wakes = state->due;
        state->timer.expires_at(steady(state->wakes));
        state->timer.async_wait([state, round = ++state->round](boost::system::error_code) {
            if (round == state->round) wake(state);
        });
    }

    static void wake(const std::shared_ptr<State>& state) {
        state->wakes = Time::max();
        if (state->due == Time::max()) return;
        if (state->clock.now() < state->due) return arm(state);
        state->due = Time::max();
        state->ring();
    }

    std::shared_ptr<State> state_;
};

}  // namespace

Task<> SystemTimers::until(Time t) {
    if (t <= now()) co_return;
    asio::steady_timer timer(loop_, steady(t));
    co_await timer.async_wait(asio::use_awaitable);
}

std::unique_ptr<Alarm> SystemTimers::alarm(std::function<void()> ring) {
    return std::make_unique<SystemAlarm>(loop_, clock_, std::move(ring));
}

}  // namespace mayfly::io
