#include "triggers/timers.hpp"

#include "catalog/catalog_for_tests.hpp"
#include "io/scaled_timers.hpp"
#include "io/timers_manual.hpp"
#include "queue/sqlite_task_queue.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace mayfly::triggers {
namespace {

class TimersTest : public catalog::CatalogTest {
protected:
    static Trigger trigger(const std::string& name, const std::string& cron) {
        return {.account = catalog::account,
                .service = "s",
                .function = "f",
                .spec = {.name = name,
                         .type = "timer",
                         .config = boost::json::serialize(boost::json::object{
                             {"cronExpression", cron}, {"payload", ""}, {"enable", true}})},
                .id = name,
                .created = {},
                .modified = {},
                .etag = {}};
    }
    // The queue's threads have done all that was asked of them, and what followed from it.
    void flush() {
        for (int i = 0; i < 8; ++i) {
            ASSERT_TRUE(run(queue_->extend({}, {})));
            loop_.poll();
        }
    }
    void pass(Micros time) {
        moving_.run_until(moving_.now() + time);
        flush();
    }
    std::vector<std::string> moments() {
        auto page = run(queue_->list({.lane_prefix = catalog::account + std::string("/"),
                                      .oldest_first = true,
                                      .limit = 1000,
                                      .bodies = true}));
        std::vector<std::string> all;
        for (const auto& item : page->items)
            all.emplace_back(boost::json::parse(item.body).at("triggerTime").as_string());
        return all;
    }

    io::ManualTimers moving_{loop_};  // 2020-01-01T00:00:00Z
    std::unique_ptr<queue::SqliteTaskQueue> queue_ =
        queue::SqliteTaskQueue::open(home_.path() / "queue.db", loop_.get_executor(),
                                     moving_.wall(), {})
            .value();
    queue::Events events_{*queue_, moving_, rng_};
    Timers timers_{*catalog_, events_, *queue_, moving_, log_, loop_.get_executor()};
};

TEST_F(TimersTest, ATimerFiresAtItsMomentsUntilItIsChangedOrGone) {
    timers_.open();
    timers_.changed(trigger("t", "0 * * * * *"), false);
    pass(Seconds{119});
    EXPECT_EQ(moments(), std::vector<std::string>{"2020-01-01T00:01:00Z"});
    timers_.changed(trigger("t", "30 * * * * *"), false);
    pass(Seconds{60});
    const std::vector<std::string> both{"2020-01-01T00:01:00Z", "2020-01-01T00:02:30Z"};
    EXPECT_EQ(moments(), both);
    timers_.changed(trigger("t", ""), true);
    pass(Seconds{600});
    EXPECT_EQ(moments(), both);
    EXPECT_EQ(timers_.lateness().count(), 2u);
}

TEST_F(TimersTest, OfTenThousandEachFiresOnceAMinute) {
    timers_.open();
    for (int i = 0; i < 10'000; ++i)
        timers_.changed(trigger("t" + std::to_string(i), std::to_string(i % 60) + " * * * * *"),
                        false);
    pass(Seconds{60});
    EXPECT_EQ(timers_.lateness().count(), 10'000u);
}

TEST_F(TimersTest, UnderATestClockADayPassesInAMinuteAndNoMomentIsMissed) {
    io::ScaledTimers fast(moving_,
                          {.begins = parse_iso8601("2027-03-28T00:00:00Z"), .factor = 1440});
    Timers timers(*catalog_, events_, *queue_, fast, log_, loop_.get_executor(), Seconds{5} * 1440);
    timers.open();
    timers.changed(trigger("berlin", "CRON_TZ=Europe/Berlin 0 30 2 * * *"), false);
    for (int i = 0; i < 180; ++i) pass(Seconds{1});
    const std::vector<std::string> wanted{
        "2027-03-28T01:00:00Z",  // 02:30 is skipped: at the change
        "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"};
    EXPECT_EQ(moments(), wanted);
    EXPECT_EQ(timers.of_function(catalog::account, "s", "f", 1).front().missed.count, 0);
    timers.close();
}

}  // namespace
}  // namespace mayfly::triggers
