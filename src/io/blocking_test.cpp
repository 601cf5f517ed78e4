#include "io/blocking.hpp"

#include "io/run_for_tests.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

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

TEST(Blocking, JobsOfALaneRunOneAfterTheOtherInTheirOrder) {
    std::vector<int> ran;  // without a lock: the lane is one
    {
        BlockingPool pool(4);
        Lane lane(pool);
        for (int i = 0; i < 1000; ++i) lane.later([&ran, i] { ran.push_back(i); });
    }
    std::vector<int> all(1000);
    std::iota(all.begin(), all.end(), 0);
    EXPECT_EQ(ran, all);
}

}  // namespace
}  // namespace mayfly::io
