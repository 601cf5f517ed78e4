#include "io/turns.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mayfly::io {

namespace asio = boost::asio;

namespace {

// A piece of work takes some 20 us of the loop's time: so often others have their chance.
constexpr int kAtOnce = 16;
constexpr Micros kRound{400};

}  // namespace

Task<> Turns::take(std::uint64_t party) {
    if (line_.empty()) {
        const Time now = timers_.now();
        if (now - began_ >= kRound) {
            began_ = now;
            begun_ = 0;
        }
        if (begun_++ < kAtOnce) co_return;
        asio::post(loop_, [this] { go_round(); });
    }
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [&](auto handler) { line_.add(party, std::move(handler)); }, asio::use_awaitable);
}

// Each goes on inside the call, and may take a turn again.
void Turns::go_round() {
    for (int n = 0; n < kAtOnce && !line_.empty(); ++n) line_.take()();
    began_ = timers_.now();
    begun_ = 0;
    if (!line_.empty()) asio::post(loop_, [this] { go_round(); });
}

}  // namespace mayfly::io
