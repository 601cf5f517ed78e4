#include "io/scaled_timers.hpp"

#include "io/timers_manual.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace mayfly::io {
namespace {

TEST(TimeScale, IsAPaceABeginningOrBoth) {
    EXPECT_EQ(parse_time_scale("x1440")->factor, 1440);
    EXPECT_FALSE(parse_time_scale("x0.5")->begins);
    const auto both = parse_time_scale("2027-03-28T00:00:00Z,x60").value();
    EXPECT_EQ(iso8601(*both.begins), "2027-03-28T00:00:00Z");
    EXPECT_EQ(both.factor, 60);
    EXPECT_EQ(parse_time_scale("2027-03-28T00:00:00Z")->factor, 1);
    for (const auto* wrong : {"", "1440", "x", "x0", "x-1", "xnan", "x1e9", "x2x", "tomorrow",
                              "x60,2027-03-28T00:00:00Z", "2027-03-28T00:00:00Z,", "x1,x2,x3"})
        EXPECT_FALSE(parse_time_scale(wrong)) << wrong;
}

struct ScaledTimersTest : testing::Test {
    boost::asio::io_context io{1};
    ManualTimers real{io};
    ScaledTimers timers{real, {.begins = parse_iso8601("2027-03-28T00:00:00Z"), .factor = 1440}};
};

TEST_F(ScaledTimersTest, ADayPassesInAMinute) {
    EXPECT_EQ(iso8601(timers.wall()), "2027-03-28T00:00:00Z");
    real.run_until(real.now() + Seconds{60});
    EXPECT_EQ(iso8601(timers.wall()), "2027-03-29T00:00:00Z");
    EXPECT_EQ(timers.now(), Time{} + Seconds{86'400});
}

TEST_F(ScaledTimersTest, WhoWaitsWakesWhenItsTimeHasComeAndNotBefore) {
    int rung = 0;
    const auto alarm = timers.alarm([&] { ++rung; });
    bool woke = false;
    boost::asio::co_spawn(
        io,
        [](ScaledTimers& t, bool& done) -> Task<> {
            co_await t.until(t.now() + Seconds{3601});
            done = true;
        }(timers, woke),
        boost::asio::detached);
    alarm->set(timers.now() + Seconds{3600});
    real.run_until(real.now() + Micros{2'499'999});
    EXPECT_EQ(rung, 0);
    real.run_until(real.now() + Micros{1});
    EXPECT_EQ(rung, 1);
    EXPECT_FALSE(woke);
    real.run_until(real.now() + Millis{1});
    EXPECT_TRUE(woke);
    alarm->set(Time::max());
    EXPECT_FALSE(real.step());
}

}  // namespace
}  // namespace mayfly::io
