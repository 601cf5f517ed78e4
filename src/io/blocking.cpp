#include "io/blocking.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mayfly::io {

namespace asio = boost::asio;

struct BlockingPool::Threads {
    explicit Threads(std::size_t n) : pool(n) {}
    asio::thread_pool pool;
};

BlockingPool::BlockingPool(std::size_t threads) : threads_(std::make_unique<Threads>(threads)) {}

BlockingPool::~BlockingPool() { threads_->pool.join(); }

Task<> BlockingPool::run(std::move_only_function<void()> job) {
    const asio::any_io_executor loop = co_await asio::this_coro::executor;
    const auto start = [this, loop](auto resume, std::move_only_function<void()> work) {
        asio::post(threads_->pool, [resume = std::move(resume), work = std::move(work),
                                    alive = asio::make_work_guard(loop)]() mutable {
            work();
            work = nullptr;
            asio::post(alive.get_executor(), std::move(resume));
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(start, asio::use_awaitable,
                                                                         std::move(job));
}

void BlockingPool::later(std::move_only_function<void()> job) {
    asio::post(threads_->pool, [job = std::move(job)]() mutable { job(); });
}

struct Lane::Strand {
    asio::strand<asio::thread_pool::executor_type> executor;
};

Lane::Lane(BlockingPool& pool)
    : strand_(std::make_unique<Strand>(asio::make_strand(pool.threads_->pool))) {}

Lane::~Lane() = default;

void Lane::later(std::move_only_function<void()> job) {
    asio::post(strand_->executor, [job = std::move(job)]() mutable { job(); });
}

}  // namespace mayfly::io
