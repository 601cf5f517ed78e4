#include "io/timers_manual.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace mayfly::io {

namespace asio = boost::asio;

class ManualTimers::ManualAlarm final : public Alarm {
public:
    ManualAlarm(ManualTimers& timers, std::function<void()> ring)
        : timers_(timers), ring_(std::make_shared<std::function<void()>>(std::move(ring))) {}
    ~ManualAlarm() override { timers_.waiting_->erase(key_); }

    void set(Time t) override {
        timers_.waiting_->erase(key_);
        if (t != Time::max()) key_ = timers_.add(t, [ring = ring_] { (*ring)(); });
    }

private:
    ManualTimers& timers_;
    std::shared_ptr<std::function<void()>> ring_;  // shared with the wake-up, which may destroy us
    Key key_{Time::max(), 0};
};

ManualTimers::Key ManualTimers::add(Time t, std::function<void()> wake) {
    const Key key{t, ++next_};
    waiting_->emplace(key, std::move(wake));
    return key;
}

Task<> ManualTimers::until(Time t) {
    if (t <= now_) co_return;
    asio::steady_timer gate(loop_, asio::steady_timer::time_point::max());
    struct Entry {  // leaves with the coroutine, however that ends
        std::shared_ptr<Waiting> waiting;
        Key key;
        ~Entry() { waiting->erase(key); }
    } entry{waiting_, {}};
    bool due = false;
    entry.key = add(t, [&] {
        due = true;
        gate.cancel();
    });
    const auto [error] = co_await gate.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!due) throw boost::system::system_error(error);
}

std::unique_ptr<Alarm> ManualTimers::alarm(std::function<void()> ring) {
    return std::make_unique<ManualAlarm>(*this, std::move(ring));
}

void ManualTimers::poll() {
    loop_.restart();
    loop_.poll();
}

bool ManualTimers::step() {
    poll();
    if (waiting_->empty()) return false;
    now_ = std::max(now_, waiting_->begin()->first.first);
    while (!waiting_->empty() && waiting_->begin()->first.first <= now_) {
        auto wake = std::move(waiting_->begin()->second);
        waiting_->erase(waiting_->begin());
        wake();
        poll();
    }
    return true;
}

void ManualTimers::run_until(Time t) {
    poll();
    while (!waiting_->empty() && waiting_->begin()->first.first <= t) step();
    now_ = std::max(now_, t);
}

}  // namespace mayfly::io
