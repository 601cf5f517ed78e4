// Sends slow work (files, hashing, zips) to other threads and comes back to the loop with its
// result.
#pragma once

#include "io/task.hpp"

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace mayfly::io {

// A few threads for work that blocks. Owned by main; destroyed before the loop that waits on it,
// and before whatever the jobs use. The destructor waits until every job that was begun or queued
// is done. The number of jobs is bounded by who asks: each waiting request has at most one.
class BlockingPool {
public:
    explicit BlockingPool(std::size_t threads);
    ~BlockingPool();
    BlockingPool(const BlockingPool&) = delete;
    BlockingPool& operator=(const BlockingPool&) = delete;

    // Runs `job` on a thread of the pool; the caller goes on, on its own loop, when it is done.
    // `job` must not throw.
    Task<> run(std::move_only_function<void()> job);

    // Runs `job` some time soon; nobody waits for it. It must not throw.
    void later(std::move_only_function<void()> job);

private:
    friend class Lane;
    struct Threads;
    std::unique_ptr<Threads> threads_;
};

// Jobs that run one after the other in the order they came, whichever threads of the pool take
// them: what one leaves behind, the next may use. It may go before its jobs have run.
class Lane {
public:
    explicit Lane(BlockingPool& pool);
    ~Lane();
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;

    // As BlockingPool::later().
    void later(std::move_only_function<void()> job);

private:
    struct Strand;
    std::unique_ptr<Strand> strand_;
};

// auto bytes = co_await blocking(pool, [path] { return read_file(path); });
// Runs `f` in the pool and returns what it returned; an exception it threw is thrown here. Because
// a waiting coroutine may be dropped before `f` ends, `f` owns what it uses or uses what outlives
// the pool.
template <class F>
Task<std::invoke_result_t<F&>> blocking(BlockingPool& pool, F f) {
    using Answer = std::invoke_result_t<F&>;
    struct Work {
        F f;
        std::optional<Answer> answer;
        std::exception_ptr thrown;
    };
    auto work = std::make_shared<Work>(std::move(f));
    co_await pool.run([work] {
        try {
            work->answer.emplace(work->f());
        } catch (...) {
            work->thrown = std::current_exception();
        }
    });
    if (work->thrown) std::rethrow_exception(work->thrown);
    co_return *std::move(work->answer);
}

}  // namespace mayfly::io
