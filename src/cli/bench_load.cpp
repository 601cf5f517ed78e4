#include "cli/bench_load.hpp"

#include "base/log.hpp"
#include "io/http_connection.hpp"
#include "io/one_shot.hpp"
#include "io/task_group.hpp"
#include "io/timers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace mayfly::cli {
namespace {

namespace asio = boost::asio;

constexpr Millis kLook{250};
constexpr Seconds kStale{60};  // servers close what idles for long; ours after two minutes
constexpr int kAtOnce = 32;    // calls sent before answers are looked at again

// On a loop of its own. Lives until every task has ended or been dropped.
class Driver {
public:
    Driver(Load load, Tally& tally) : load_(std::move(load)), tally_(tally) {}

    bool run() {
        signals_.async_wait([this](const auto& error, int) {
            if (error) return;
            interrupted_ = true;
            loop_.stop();
        });
        start_ = timers_.now();
        tasks_.spawn("bench", send_all());
        tasks_.spawn("bench's watch", watch());
        loop_.run();
        for (auto* slot : std::exchange(idle_, {})) slot->give(std::nullopt);
        return interrupted_;
    }

private:
    Micros since_start() const { return timers_.now() - start_; }

    Task<> send_all() {
        int sent = 0;
        while (const auto call = load_.profile.next()) {
            if (start_ + call->at > timers_.now()) {
                co_await timers_.until(start_ + call->at);
                sent = 0;
            } else if (++sent % kAtOnce == 0) {  // behind: answers must be heard all the same
                co_await asio::post(loop_, asio::use_awaitable);
            }
            hand_on(*call);
        }
        all_sent_ = true;
        end_if_done();
    }

    // The connection used last is used first, so that those that are not needed fall idle.
    void hand_on(const Due& call) {
        tally_.due(call, since_start() - call.at);
        ++open_;
        if (!idle_.empty()) {
            const auto slot = idle_.back();
            idle_.pop_back();
            slot->give(call);
        } else if (connections_ < load_.options.connections_max) {
            ++connections_;
            tasks_.spawn("bench's connection", work(call));
        } else if (waiting_.size() < load_.options.waiting_max) {
            waiting_.push_back(call);
        } else {
            ended(call, {.how = Ended::unsent, .why = "all connections are in use"});
        }
    }

    Task<> work(Due call) {
        auto connection = std::make_unique<io::HttpConnection>(loop_.get_executor(), load_.peer);
        for (;;) {
            const auto request = load_.next_request();
            ended(call,
                  load_.judge(co_await connection->exchange(request, load_.options.limit, true)));
            if (!waiting_.empty()) {
                call = waiting_.front();
                waiting_.pop_front();
                continue;
            }
            const Time idle_since = timers_.now();
            io::OneShot<std::optional<Due>> next;
            idle_.push_back(&next);
            const auto given = co_await next.wait();
            if (!given) co_return;
            call = *given;
            if (timers_.now() - idle_since > kStale)
                connection = std::make_unique<io::HttpConnection>(loop_.get_executor(), load_.peer);
        }
    }

    void ended(const Due& call, const Judged& judged) {
        const auto now = since_start();
        tally_.ended(call, now, now - call.at, judged.how, judged.cold, judged.why);
        --open_;
        end_if_done();
    }

    void end_if_done() {
        if (all_sent_ && open_ == 0) loop_.stop();
    }

    // What the server says of its workers, and a look for whoever watches.
    Task<> watch() {
        io::HttpConnection connection(loop_.get_executor(), load_.peer);
        const io::HttpRequest health{.target = "/readyz?verbose"};
        for (;;) {
            const auto said = co_await connection.exchange(health, Seconds{10}, true);
            if (said && said->status == 200)
                if (const auto count = instances_in(said->body))
                    tally_.instances(since_start(), *count);
            if (load_.look) load_.look(tally_);
            co_await timers_.until(timers_.now() + kLook);
        }
    }

    Load load_;
    Tally& tally_;
    asio::io_context loop_{1};
    io::SystemTimers timers_{loop_};
    asio::signal_set signals_{loop_, SIGINT, SIGTERM};
    Log log_;
    Time start_{};
    std::vector<io::OneShot<std::optional<Due>>*> idle_;
    std::deque<Due> waiting_;  // for a connection, in order
    int connections_ = 0;
    std::int64_t open_ = 0;  // due and not ended
    bool all_sent_ = false, interrupted_ = false;
    io::TaskGroup tasks_{loop_.get_executor(), log_};  // last: its tasks use all of it
};

}  // namespace

bool drive(Load load, Tally& tally) { return Driver(std::move(load), tally).run(); }

}  // namespace mayfly::cli
