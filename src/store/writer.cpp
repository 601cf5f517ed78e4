#include "store/writer.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace mayfly::store {

namespace asio = boost::asio;

Writer::Writer(Db db, asio::any_io_executor loop, Options options)
    : db_(std::move(db)), loop_(std::move(loop)), options_(options), thread_([this] { work(); }) {}

Writer::~Writer() {
    {
        const std::lock_guard lock(mutex_);
        leaving_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

Task<Result<void>> Writer::commit(Job job, bool one_statement) {
    const auto start = [this, one_statement](auto resume, Job work) {
        accept({std::move(work), one_statement, std::move(resume), {}});
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<void>)>(
        start, asio::use_awaitable, std::move(job));
}

void Writer::accept(Waiting waiting) {
    std::unique_lock lock(mutex_);
    if (queue_.size() >= options_.waiting_max) {
        lock.unlock();
        waiting.outcome = fail(Kind::busy, "too many changes wait for the disk; retry in a moment");
        Group refused;
        refused.push_back(std::move(waiting));
        return tell(std::move(refused));
    }
    queue_.push_back(std::move(waiting));
    lock.unlock();
    changed_.notify_one();
}

void Writer::work() {
    for (;;) {
        auto group = next_group();
        if (group.empty()) return;
        carry_out(group);
        tell(std::move(group));
    }
}

// Waits for work. Empty only when the writer is to end and all is done (6).
Writer::Group Writer::next_group() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return leaving_ || !queue_.empty(); });
    const auto size = static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.group_max));
    Group group(std::make_move_iterator(queue_.begin()),
                std::make_move_iterator(queue_.begin() + size));
    queue_.erase(queue_.begin(), queue_.begin() + size);
    return group;
}

Result<void> Writer::follow(const std::filesystem::path& copy, std::function<void(Error)> lost) {
    TRY(follower_, Follower::open(db_, copy));
    lost_ = std::move(lost);
    return {};
}

// (7)
void Writer::leave_behind(Result<void> followed) {
    if (followed) return;
    follower_.reset();
    asio::post(loop_, [lost = lost_, why = std::move(followed).error()] { lost(why); });
}

void Writer::carry_out(Group& group) {
    if (follower_) leave_behind(follower_->begin());
    auto whole = run(options_.reads_only ? "BEGIN" : "BEGIN IMMEDIATE");
    for (auto& waiting : group) {
        if (!whole) break;
        waiting.outcome = run_one(waiting);
        if (!db_.in_transaction())
            whole = fail(Kind::unavailable, "the disk is full or fails");  // (4)
    }
    if (whole && options_.numbered) whole = number_transaction(db_);
    if (whole) whole = run("COMMIT");
    if (whole) {
        if (follower_) leave_behind(follower_->follow());
        return;
    }
    if (follower_) follower_->forget();
    if (db_.in_transaction()) (void)db_.run("ROLLBACK");
    for (auto& waiting : group)  // (3); a job that failed by itself keeps its own reason
        if (waiting.outcome) waiting.outcome = whole;
}

// (2)
Result<void> Writer::run_one(Waiting& waiting) {
    if (!waiting.one_statement) TRYV(run("SAVEPOINT job"));
    Result<void> done;
    try {
        done = waiting.job(db_);
    } catch (const std::exception& e) {
        done = fail(Kind::internal, std::string("a change of the database threw: ") + e.what());
    }
    waiting.job = nullptr;
    if (waiting.one_statement || !db_.in_transaction()) return done;
    if (!done) TRYV(run("ROLLBACK TO job"));
    TRYV(run("RELEASE job"));
    return done;
}

// Prepared once. `statement` is a literal.
Result<void> Writer::run(const char* statement) {
    TRY(auto* prepared, db_.cached(statement));
    return prepared->run();
}

// One message to the loop for the whole group, so that its waiters go on in order (5).
void Writer::tell(Group group) {
    asio::post(loop_, [group = std::move(group), heard = heard_]() mutable {
        if (heard) heard();
        for (auto& waiting : group) waiting.resume(std::move(waiting.outcome));
    });
}

}  // namespace mayfly::store
