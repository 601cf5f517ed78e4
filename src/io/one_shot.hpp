// A value that comes later: one coroutine waits for it, plain code gives it.
//
// Include it only in sources: it pulls in Asio.
#pragma once

#include "base/check.hpp"
#include "io/task.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <optional>
#include <utility>

namespace mayfly::io {

// Loop thread only. It lives in the frame of the coroutine that waits; give() resumes that
// coroutine at once, inside the call, so it comes last in whatever the giver does with state the
// waiter may touch.
template <class T>
class OneShot {
public:
    // Waits until give() was called. One waiter.
    Task<T> wait() {
        if (!value_) {
            co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(
                [this](auto handler) { resume_ = std::move(handler); }, boost::asio::use_awaitable);
        }
        co_return *std::move(value_);
    }

    void give(T value) {
        CHECK(!value_);
        value_.emplace(std::move(value));
        if (auto resume = std::move(resume_)) resume();
    }

private:
    std::optional<T> value_;
    std::move_only_function<void()> resume_;
};

}  // namespace mayfly::io
