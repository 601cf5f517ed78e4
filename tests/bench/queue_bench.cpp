// How many events a second are durably taken, with one producer, with 32, and with 32 that have 16
// each on their way, against a plain file that is appended to and synced, each group of waiting
// records with one fdatasync: the floor. A producer waits until its event is safe, so that with few
// of them the disk's sync is all that counts; with many the processor does.
// Then a backlog is drained: the rate of the last tenth against the first. One JSON object a line.
//
//   queue_bench FOLDER SECONDS BACKLOG
#include "base/check.hpp"
#include "base/clock.hpp"
#include "model/request_id.hpp"
#include "queue/sqlite_task_queue.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <thread>

namespace {

using namespace mayfly;
namespace asio = boost::asio;

const SystemClock clock_here;
constexpr std::size_t kEventBytes = 512;
constexpr const char* kLane = "1000000000000001/bench/echo";

double seconds(Time from) { return std::chrono::duration<double>(clock_here.now() - from).count(); }

// Producers hand a record to one writing thread and wait until it is synced: the same group commit.
double append_rate(const std::filesystem::path& file, int producers, double limit) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    std::mutex mutex;
    std::condition_variable came, synced;
    std::uint64_t asked = 0, done = 0;
    bool leaving = false;
    std::thread writer([&] {
        const std::string record(kEventBytes, 'x');
        for (;;) {
            std::uint64_t upto;
            {
                std::unique_lock lock(mutex);
                came.wait(lock, [&] { return leaving || asked > done; });
                if (asked == done) return;
                upto = asked;
            }
            std::string group;
            for (auto i = done; i < upto; ++i) group += record;
            CHECK(::write(fd, group.data(), group.size()) == static_cast<ssize_t>(group.size()));
            CHECK(::fdatasync(fd) == 0);
            const std::lock_guard lock(mutex);
            done = upto;
            synced.notify_all();
        }
    });
    const Time from = clock_here.now();
    std::vector<std::thread> all;
    for (int i = 0; i < producers; ++i)
        all.emplace_back([&] {
            while (seconds(from) < limit) {
                std::unique_lock lock(mutex);
                const auto mine = ++asked;
                came.notify_one();
                synced.wait(lock, [&] { return done >= mine; });
            }
        });
    for (auto& thread : all) thread.join();
    const auto took = seconds(from);
    {
        const std::lock_guard lock(mutex);
        leaving = true;
    }
    came.notify_one();
    writer.join();
    ::close(fd);
    return static_cast<double>(done) / took;
}

class Bench {
public:
    explicit Bench(const std::filesystem::path& file)
        : queue_(queue::SqliteTaskQueue::open(file, loop_.get_executor(), clock_here.wall(), {})
                     .value()) {}

    double put_rate(int producers, double limit) {
        const auto before = made_;
        const Time from = clock_here.now();
        run(producers, [&] { return produce([=] { return seconds(from) < limit; }); });
        return static_cast<double>(made_ - before) / seconds(from);
    }

    void fill(std::uint64_t wanted) {
        run(512, [&] { return produce([this, wanted] { return made_ < wanted; }); });
    }

    // By leases of 100, four at once, each task acknowledged.
    void drain(std::vector<double>& tenths) {
        const auto all = made_;
        Time from = clock_here.now();
        std::uint64_t ended = 0;
        const auto count = [&](std::size_t more) {
            const auto tenth = ended * 10 / all;
            ended += more;
            if (ended * 10 / all == tenth) return;
            tenths.push_back(static_cast<double>(all) / 10 / seconds(from));
            from = clock_here.now();
        };
        run(4, [&] { return consume(count); });
        CHECK(ended == all);
    }

private:
    template <class Make>
    void run(int count, Make make) {
        int left = count;
        for (int i = 0; i < count; ++i)
            asio::co_spawn(loop_, make(), [&](std::exception_ptr e) {
                CHECK(!e);
                --left;
            });
        loop_.restart();
        while (left > 0) loop_.run_one();
    }

    template <class Go>
    Task<> produce(Go go) {
        while (go()) {
            ++made_;
            queue::NewTask task{.id = new_request_id(clock_here, rng_),
                                .lane = kLane,
                                .kind = "api",
                                .head = R"({"account":"1000000000000001","function":"echo"})",
                                .body = std::string(kEventBytes, 'x'),
                                .accepted = clock_here.wall(),
                                .due = clock_here.wall()};
            CHECK(co_await queue_->put(std::move(task)));
        }
    }

    template <class Count>
    Task<> consume(Count count) {
        for (;;) {
            const auto now = clock_here.wall();
            auto leased = co_await queue_->lease({kLane, 100, now, now + Seconds(600)});
            CHECK(leased);
            if (leased->tasks.empty()) co_return;
            int left = static_cast<int>(leased->tasks.size());
            for (const auto& task : leased->tasks)
                asio::co_spawn(loop_, queue_->ack(task.ref, {.at = now}),
                               [&left](std::exception_ptr e, Result<void> r) {
                                   CHECK(!e && r);
                                   --left;
                               });
            const auto got = leased->tasks.size();
            // Acknowledgements are carried out in order: after this all of them are.
            CHECK(co_await queue_->extend({}, now));
            CHECK(left == 0);
            count(got);
        }
    }

    asio::io_context loop_{1};
    asio::executor_work_guard<asio::io_context::executor_type> alive_{loop_.get_executor()};
    std::unique_ptr<queue::SqliteTaskQueue> queue_;
    SystemRng rng_;
    std::uint64_t made_ = 0;
};

long peak_mb() {
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    return used.ru_maxrss / 1024;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        fmt::print(stderr, "queue_bench FOLDER SECONDS BACKLOG\n");
        return 2;
    }
    const std::filesystem::path folder = argv[1];
    const double limit = std::atof(argv[2]);
    const auto backlog = static_cast<std::uint64_t>(std::atoll(argv[3]));
    for (const auto& [producers, each] : {std::pair{1, 1}, std::pair{32, 1}, std::pair{32, 16}}) {
        const auto floor = append_rate(folder / "floor", producers * each, limit);
        Bench bench(folder / fmt::format("put{}_{}.db", producers, each));
        const auto rate = bench.put_rate(producers * each, limit);
        fmt::print(
            "{{\"producers\":{},\"each\":{},\"put\":{:.0f},\"floor\":{:.0f},\"ratio\":{:.3f}}}\n",
            producers, each, rate, floor, rate / floor);
        std::fflush(stdout);
    }
    if (backlog == 0) return 0;
    Bench bench(folder / "backlog.db");
    bench.fill(backlog);
    const auto before = peak_mb();
    std::vector<double> tenths;
    bench.drain(tenths);
    fmt::print(
        "{{\"backlog\":{},\"first\":{:.0f},\"last\":{:.0f},\"ratio\":{:.3f},\"mb\":{},"
        "\"mb_more\":{}}}\n",
        backlog, tenths.front(), tenths.back(), tenths.back() / tenths.front(), peak_mb(),
        peak_mb() - before);
}
