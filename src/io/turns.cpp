#include "io/turns.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mayfly::io {

namespace asio = boost::asio;

namespace {

// A request takes some 20 us of the loop's time, an answer as much or, of several calls, ten times
// that: so often others have their chance.
struct Pace {
    int at_once;
    Micros round;
};
constexpr Pace kAlone{16, Micros{400}}, kShared{4, Micros{100}};
constexpr Micros kSharedRound{50};  // from the line, so long each time round
constexpr Seconds kOfLate{1};

// Where work of a party stands.
std::uint64_t line_of(std::uint64_t party, Work work) {
    return party << 1 | static_cast<std::uint64_t>(work);
}

}  // namespace

bool Turns::may_begin(std::uint64_t party) {
    const Time now = timers_.now();
    if (party != nobody) {
        if (last_ != nobody && last_ != party) shared_until_ = now + kOfLate;
        last_ = party;
    }
    if (!line_.empty()) return false;
    const auto pace = now < shared_until_ ? kShared : kAlone;
    if (now - began_ >= pace.round) {
        began_ = now;
        begun_ = 0;
    }
    if (begun_++ < pace.at_once) return true;
    asio::post(loop_, [this] { go_round(); });
    return false;
}

void Turns::take(std::uint64_t party, Work work, std::move_only_function<void()> go_on) {
    if (may_begin(party)) return go_on();
    line_.add(line_of(party, work), std::move(go_on));
}

Task<> Turns::take(std::uint64_t party, Work work) {
    if (may_begin(party)) co_return;
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [&](auto handler) { line_.add(line_of(party, work), std::move(handler)); },
        asio::use_awaitable);
}

// Each goes on inside the call, and may take a turn again.
void Turns::go_round() {
    began_ = timers_.now();
    const bool shared = began_ < shared_until_;
    for (begun_ = 0; begun_ < kAlone.at_once && !line_.empty(); ++begun_) {
        line_.take()();
        if (shared && timers_.now() - began_ >= kSharedRound) break;
    }
    began_ = timers_.now();
    begun_ = 0;
    if (!line_.empty()) asio::post(loop_, [this] { go_round(); });
}

}  // namespace mayfly::io
