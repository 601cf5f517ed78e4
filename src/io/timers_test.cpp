#include "io/timers.hpp"

#include "io/task_group.hpp"
#include "io/timers_manual.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>

#include <stdexcept>
#include <vector>

namespace mayfly::io {
namespace {

namespace asio = boost::asio;
using namespace asio::experimental::awaitable_operators;

Time at(int ms) { return Time{Millis{ms}}; }

struct Loop : testing::Test {
    asio::io_context io{1};
    ManualTimers timers{io};
    Log log{Level::error};
    TaskGroup group{io.get_executor(), log};

    void start(Task<> task) { asio::co_spawn(io, std::move(task), asio::detached); }
};

Task<> note(Timers& timers, Time t, std::vector<int>& seen, int n) {
    co_await timers.until(t);
    seen.push_back(n);
}

Task<> beat(Timers& timers, int& n) {
    for (;;) {
        co_await timers.until(timers.now() + Seconds{1});
        ++n;
    }
}

using ManualTimersTest = Loop;

TEST_F(ManualTimersTest, SleepersWakeInOrderOfTimeAndThenOfArrival) {
    std::vector<int> seen;
    for (auto [ms, n] : {std::pair{20, 3}, {10, 1}, {10, 2}}) start(note(timers, at(ms), seen, n));
    while (timers.step()) {
    }
    EXPECT_EQ(seen, (std::vector{1, 2, 3}));
    EXPECT_EQ(timers.now(), at(20));
}

TEST_F(ManualTimersTest, ADayOfBeatsPassesAtOnceAndWallTimeMovesAlong) {
    int n = 0;
    group.spawn("beat", beat(timers, n));
    const auto wall = timers.wall();
    timers.run_until(Time{std::chrono::hours{24}});
    EXPECT_EQ(n, 86'400);
    EXPECT_EQ(timers.wall() - wall, std::chrono::hours{24});
}

TEST_F(ManualTimersTest, TheSleeperThatLostARaceIsForgotten) {
    std::vector<int> seen;
    start([](Timers& t, std::vector<int>& s) -> Task<> {
        co_await (note(t, at(5), s, 1) || note(t, at(50), s, 2));
    }(timers, seen));
    while (timers.step()) {
    }
    EXPECT_EQ(seen, std::vector{1});
    EXPECT_EQ(timers.now(), at(5));
}

TEST_F(ManualTimersTest, AnAlarmRingsOnceAtTheLastMomentSet) {
    std::vector<Time> rings;
    const auto alarm = timers.alarm([&] { rings.push_back(timers.now()); });
    alarm->set(at(10));
    alarm->set(at(30));
    alarm->set(at(20));
    while (timers.step()) {
    }
    EXPECT_EQ(rings, std::vector{at(20)});
}

TEST_F(ManualTimersTest, AnAlarmMayDestroyItselfWhenItRings) {
    std::unique_ptr<Alarm> alarm;
    alarm = timers.alarm([&] { alarm.reset(); });
    alarm->set(at(1));
    while (timers.step()) {
    }
    EXPECT_EQ(alarm, nullptr);
}

TEST(SystemTimers, AnAlarmMovedLaterAndThenEarlierRingsOnce) {
    asio::io_context io(1);
    SystemTimers timers(io);
    int rings = 0;
    const auto start = timers.now();
    const auto alarm = timers.alarm([&] { ++rings; });
    alarm->set(start + Millis{1});
    alarm->set(start + Seconds{60});
    alarm->set(start + Millis{3});
    io.run();
    EXPECT_EQ(rings, 1);
    EXPECT_GE(timers.now(), start + Millis{3});
}

TEST(SystemTimers, ADestroyedAlarmNeverRings) {
    asio::io_context io(1);
    SystemTimers timers(io);
    timers.alarm([] { FAIL(); })->set(timers.now());
    io.run();
}

TEST(SystemTimers, UntilReturnsNotBeforeItsMoment) {
    asio::io_context io(1);
    SystemTimers timers(io);
    std::vector<int> seen;
    const auto t = timers.now() + Millis{2};
    asio::co_spawn(io, note(timers, t, seen, 1), asio::detached);
    io.run();
    EXPECT_EQ(seen.size(), 1u);
    EXPECT_GE(timers.now(), t);
}

struct Leaves {
    int& left;
    ~Leaves() { ++left; }
};

Task<> wait_for_ever(Timers& timers, int& left) {
    const Leaves leaves{left};
    for (;;) co_await timers.until(Time::max());
}

Task<> fall() {
    throw std::runtime_error("fell on purpose, for a test");
    co_return;
}

using TaskGroupTest = Loop;

TEST_F(TaskGroupTest, StopEndsEveryTaskAndRunsItsDestructors) {
    int left = 0;
    for (int i = 0; i < 3; ++i) group.spawn("waits", wait_for_ever(timers, left));
    io.poll();
    EXPECT_EQ(group.running(), 3u);
    start(group.stop());
    io.restart();
    io.run();
    EXPECT_EQ(left, 3);
    EXPECT_EQ(group.running(), 0u);
}

TEST_F(TaskGroupTest, ATaskThatThrowsIsLoggedAndTheOthersGoOn) {
    testing::internal::CaptureStderr();
    int beats = 0;
    group.spawn("faller", fall());
    group.spawn("beat", beat(timers, beats));
    timers.run_until(at(3000));
    EXPECT_EQ(beats, 3);
    EXPECT_EQ(group.running(), 1u);
    const auto said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find("task faller ended: fell on purpose"), std::string::npos) << said;
}

TEST_F(TaskGroupTest, NothingStartsOnceStopWasCalled) {
    start(group.stop());
    io.run();
    int left = 0;
    group.spawn("late", wait_for_ever(timers, left));
    EXPECT_EQ(group.running(), 0u);
    EXPECT_EQ(left, 0);
}

}  // namespace
}  // namespace mayfly::io
