#include "io/blocking.hpp"

#include "io/run_for_tests.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace mayfly::io {
namespace {

Task<bool> goes_there_and_back(BlockingPool& pool) {
    const auto here = std::this_thread::get_id();
    const auto there = co_await blocking(pool, [] { return std::this_thread::get_id(); });
    co_return there != here&& std::this_thread::get_id() == here;
}

TEST(Blocking, TheWorkRunsElsewhereAndTheCallerGoesOnOnItsLoop) {
    boost::asio::io_context loop(1);
    BlockingPool pool(1);
    EXPECT_TRUE(run_task(loop, goes_there_and_back(pool)));
}

TEST(Blocking, AnExceptionOfTheWorkArrivesAtTheCaller) {
    boost::asio::io_context loop(1);
    BlockingPool pool(1);
    EXPECT_THROW(run_task(loop, blocking(pool, []() -> int { throw std::runtime_error("x"); })),
                 std::runtime_error);
}

}  // namespace
}  // namespace mayfly::io
