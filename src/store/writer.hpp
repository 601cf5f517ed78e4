// One writer thread per database file, with group commit: jobs that wait together share one
// transaction and one fsync.
//
// (1) commit() returns success only after the COMMIT that holds the job's changes returned: with
//     synchronous=FULL they are on the disk and survive a kill or a power cut.
// (2) Each job runs in a savepoint of its own: a job that fails leaves nothing behind and does not
//     touch the others of its group. A job of one statement needs none: SQLite undoes a statement
//     that fails.
// (3) If the COMMIT of a group fails, nothing of the group is applied and every job of it fails.
// (4) If SQLite ends the transaction by itself in the middle (full disk), (3) holds for the whole
//     group, jobs that had already run included.
// (5) Jobs take effect, and their waiters go on, in the order in which commit() was called.
// (6) The destructor carries out all that was accepted before it returns.
// (7) With a follower, (1) holds for its copy, too. One that fails is left behind, and told of: the
//     leader serves without it.
#pragma once

#include "io/task.hpp"
#include "store/db.hpp"
#include "store/follower.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace mayfly::store {

// Owned by the part whose file it writes. commit() is called on the loop thread; the jobs run on
// the writer's own thread and must not touch the loop's state.
class Writer {
public:
    // Changes the database; no BEGIN, COMMIT or ROLLBACK of its own. May be dropped without being
    // run.
    using Job = std::move_only_function<Result<void>(Db&)>;

    struct Options {
        std::size_t waiting_max = 20'000;  // jobs waiting; beyond it commit() answers busy
        std::size_t group_max = 1'000;     // jobs in one transaction
        bool reads_only = false;           // its jobs only read: they hold up no other connection
        bool numbered = false;             // transactions have numbers: follower.hpp (2)
    };

    // `loop` is where waiters go on; it outlives the writer.
    Writer(Db db, boost::asio::any_io_executor loop, Options options);
    Writer(Db db, boost::asio::any_io_executor loop)
        : Writer(std::move(db), std::move(loop), Options{}) {}
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Carries out `job` and waits until it is durable.
    // The job's own error; busy: too many wait; unavailable: the disk is full or fails.
    Task<Result<void>> commit(Job job) { return commit(std::move(job), false); }

    // The same for a job that changes the database by one statement at most.
    Task<Result<void>> commit_one(Job job) { return commit(std::move(job), true); }

    // From now on every transaction goes to a copy, too; `lost` is called on the loop, once, if
    // that ends. Of a numbered writer, before the first commit().
    Result<void> follow(const std::filesystem::path& copy, std::function<void(Error)> lost);

    // Called on the loop after each group, before its waiters go on: who keeps what he read learns
    // that it may be old. Before the first commit().
    void on_group(std::function<void()> heard) { heard_ = std::move(heard); }

    // Reads or writes at once on the caller's thread, outside of any group. Only before the first
    // commit(), at start-up.
    Result<void> at_start(const std::function<Result<void>(Db&)>& job) { return job(db_); }

private:
    struct Waiting {
        Job job;
        bool one_statement = false;
        std::move_only_function<void(Result<void>)> resume;
        Result<void> outcome;
    };
    using Group = std::vector<Waiting>;

    Task<Result<void>> commit(Job job, bool one_statement);
    void accept(Waiting waiting);
    void work();
    Group next_group();
    void carry_out(Group& group);
    Result<void> run_one(Waiting& waiting);
    Result<void> run(const char* statement);
    void tell(Group group);
    void leave_behind(Result<void> followed);

    Db db_;
    std::unique_ptr<Follower> follower_;  // goes before the database it follows
    std::function<void(Error)> lost_;
    std::function<void()> heard_;
    boost::asio::any_io_executor loop_;
    const Options options_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> queue_;  // guarded by mutex_
    bool leaving_ = false;       // guarded by mutex_
    std::thread thread_;         // last: it uses all of the above
};

}  // namespace mayfly::store
