#include "meter/ledger.hpp"

#include "io/run_for_tests.hpp"
#include "io/task_group.hpp"
#include "store/db.hpp"

#include <gtest/gtest.h>

namespace mayfly::meter {
namespace {

Entry entry(const std::string& function, Millis duration, Outcome outcome = Outcome::ok,
            Start how = Start::warm) {
    Revision revision;
    revision.function.account = "1";
    revision.function.service = "shop";
    revision.function.spec.name = function;
    revision.function.spec.memory_mb = 512;
    return {.request_id = "1-00000000-000000000000000000000000",
            .route = std::make_shared<const Revision>(std::move(revision)),
            .trigger = "api",
            .start = WallTime{std::chrono::hours{10}},
            .duration = duration,
            .how = how,
            .outcome = outcome};
}

struct LedgerTest : testing::Test {
    void SetUp() override { reopen({}); }
    void reopen(Options options) {
        ledger.reset();
        auto opened = Ledger::open(file(), loop.get_executor(), options, log);
        ASSERT_TRUE(opened) << opened.error().what;
        ledger = *std::move(opened);
    }
    std::filesystem::path file() const { return folder.path() / "meter.db"; }
    Result<void> flush() { return io::run_task(loop, ledger->flush()); }
    std::int64_t count(const char* sql) {
        auto db = store::Db::open(file());
        auto rows = db->prepare(sql);
        EXPECT_TRUE(rows->step().value());
        return rows->integer(0);
    }
    // Makes every insert of an entry fail, or stops doing so.
    void break_disk(bool broken) {
        auto db = store::Db::open(file());
        const auto* sql = broken ? "CREATE TRIGGER broken BEFORE INSERT ON entry BEGIN"
                                   " SELECT RAISE(ABORT, 'broken for a test'); END"
                                 : "DROP TRIGGER broken";
        ASSERT_TRUE(db->run(sql));
    }

    boost::asio::io_context loop{1};
    Log log{Level::error};
    io::TestFolder folder;
    std::unique_ptr<Ledger> ledger;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive{
        loop.get_executor()};
};

TEST(BilledTime, IsRoundedUpToWholeStepsAndNeverLessThanOne) {
    const Micros step = Millis{100};
    EXPECT_EQ(billed_time(Micros{0}, step), Millis{100});
    EXPECT_EQ(billed_time(Micros{1}, step), Millis{100});
    EXPECT_EQ(billed_time(Millis{100}, step), Millis{100});
    EXPECT_EQ(billed_time(Millis{100} + Micros{1}, step), Millis{200});
    EXPECT_EQ(billed_time(Millis{168}, Millis{1}), Millis{168});
}

TEST_F(LedgerTest, TheBillIsTheSameBeforeAndAfterAFlushAndAfterARestart) {
    EXPECT_EQ(ledger->record(entry("thumbs", Millis{208}, Outcome::ok, Start::cold)), Millis{300});
    ledger->record(entry("thumbs", Millis{5}, Outcome::timed_out));
    const auto check = [&] {
        const Sum sum{.invocations = 2,
                      .errors = 1,
                      .cold = 1,
                      .billed_us = 400'000,
                      .mb_us = 400'000 * 512,
                      .run_us = 213'000,
                      .run_mb_us = 213'000 * 512};
        EXPECT_EQ(ledger->bill("1"), (std::vector{BillRow{"shop", "thumbs", sum}}));
        EXPECT_DOUBLE_EQ(sum.gb_seconds(), 0.2);
    };
    check();
    ASSERT_TRUE(flush());
    check();
    reopen({});
    check();
}

TEST_F(LedgerTest, AHookIsBilledAndIsNoCall) {
    ledger->record(entry("resize", Millis{120}));
    auto hook = entry("resize", Millis{50}, Outcome::timed_out);
    hook.is_call = false;
    EXPECT_EQ(ledger->record(std::move(hook)), Millis{100});
    ASSERT_TRUE(flush());
    const auto sum = ledger->bill("1").at(0).sum;
    EXPECT_EQ(sum.invocations, 1);
    EXPECT_EQ(sum.errors, 0);
    EXPECT_EQ(sum.billed_ms(), 300);
}

TEST_F(LedgerTest, AnAccountSeesOnlyItsOwn) {
    ledger->record(entry("a", Millis{1}));
    EXPECT_TRUE(ledger->bill("2").empty());
}

TEST_F(LedgerTest, WhatCannotBeWrittenIsKeptAndWrittenOnceLater) {
    testing::internal::CaptureStderr();
    break_disk(true);
    ledger->record(entry("a", Millis{1}));
    EXPECT_FALSE(flush());
    EXPECT_EQ(ledger->bill("1").at(0).sum.invocations, 1);
    break_disk(false);
    ledger->record(entry("a", Millis{1}));
    ASSERT_TRUE(flush());
    EXPECT_EQ(count("SELECT count(*) FROM entry"), 2);
    EXPECT_EQ(count("SELECT sum(invocations) FROM hour"), 2);
    testing::internal::GetCapturedStderr();
}

TEST_F(LedgerTest, BeyondItsBoundOnlySumsAreKeptAndTheMissingLinesCounted) {
    reopen({.pending_max = 2});
    break_disk(true);
    for (int i = 0; i < 3; ++i) ledger->record(entry("a", Millis{1}));
    EXPECT_EQ(ledger->dropped(), 1);
    EXPECT_FALSE(flush());
    ledger->record(entry("a", Millis{1}));
    EXPECT_EQ(ledger->dropped(), 2);
    break_disk(false);
    ASSERT_TRUE(flush());
    EXPECT_EQ(ledger->bill("1").at(0).sum.invocations, 4);
    EXPECT_EQ(count("SELECT count(*) FROM entry"), 2);
    EXPECT_EQ(count("SELECT sum(invocations) FROM hour"), 4);
}

TEST_F(LedgerTest, OnlyTheNewestEntriesAreKeptButAllAreBilled) {
    reopen({.kept_max = 3});
    for (int i = 0; i < 5; ++i) ledger->record(entry("a", Millis{1}));
    ASSERT_TRUE(flush());
    EXPECT_EQ(count("SELECT count(*) FROM entry"), 3);
    EXPECT_EQ(count("SELECT min(id) FROM entry"), 3);
    EXPECT_EQ(ledger->bill("1").at(0).sum.invocations, 5);
}

TEST_F(LedgerTest, HoursAreKeptApart) {
    auto late = entry("a", Millis{1});
    late.start += std::chrono::hours{1};
    ledger->record(entry("a", Millis{1}));
    ledger->record(late);
    ASSERT_TRUE(flush());
    EXPECT_EQ(count("SELECT count(*) FROM hour"), 2);
    EXPECT_EQ(count("SELECT max(hour) FROM hour"), 11);
}

TEST_F(LedgerTest, AFlushCoversWhatAnEarlierOneStillWrites) {
    ledger->record(entry("a", Millis{1}));
    int done = 0;
    const auto count_it = [&](std::exception_ptr, Result<void> r) { done += r.has_value(); };
    boost::asio::co_spawn(loop, ledger->flush(), count_it);
    loop.poll();
    EXPECT_EQ(ledger->bill("1").at(0).sum.invocations, 1);
    ASSERT_TRUE(flush());
    EXPECT_EQ(done, 1);
    EXPECT_EQ(count("SELECT count(*) FROM entry"), 1);
}

TEST_F(LedgerTest, ItFlushesByItselfAndALastFlushAfterTheStopLosesNothing) {
    reopen({.flush_every = Millis{1}});
    io::SystemTimers timers(loop);
    io::TaskGroup group(loop.get_executor(), log);
    group.spawn("ledger", ledger->flush_now_and_then(timers));
    ledger->record(entry("a", Millis{1}));
    const auto give_up = timers.now() + Seconds{10};
    while (count("SELECT count(*) FROM entry") == 0 && timers.now() < give_up) loop.run_one();
    ledger->record(entry("a", Millis{1}));
    const auto stop = [](io::TaskGroup& g, Ledger& l) -> Task<Result<void>> {
        co_await g.stop();
        co_return co_await l.flush();
    };
    ASSERT_TRUE(io::run_task(loop, stop(group, *ledger)));
    EXPECT_EQ(count("SELECT count(*) FROM entry"), 2);
}

TEST_F(LedgerTest, EntriesOfTheFormatBeforeAreStillThere) {
    ledger->record(entry("f", Millis{7}));
    ledger->record(entry("g", Millis{8}, Outcome::timed_out));
    ASSERT_TRUE(flush());
    ledger.reset();
    {
        auto db = store::Db::open(file());
        ASSERT_TRUE(
            db->run("ALTER TABLE entry RENAME TO line;"
                    "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT,"
                    " request_id TEXT NOT NULL, account TEXT NOT NULL,"
                    " service TEXT NOT NULL, function TEXT NOT NULL,"
                    " version TEXT NOT NULL, trigger TEXT NOT NULL,"
                    " start_us INTEGER NOT NULL, duration_us INTEGER NOT NULL,"
                    " billed_us INTEGER NOT NULL, memory_mb INTEGER NOT NULL,"
                    " memory_bytes_peak INTEGER NOT NULL, cold INTEGER NOT NULL,"
                    " outcome TEXT NOT NULL, course TEXT, span TEXT) STRICT;"
                    "INSERT INTO entry SELECT * FROM line; DROP TABLE line;"
                    "PRAGMA user_version=4"));
    }
    reopen({});
    EXPECT_EQ(count("SELECT count(*) FROM entry WHERE function = 'g' AND id = 2 AND"
                    " duration_us = 8000 AND billed_us = 100000 AND memory_mb = 512 AND"
                    " outcome = 'timed_out' AND course = '' AND span = ''"),
              1);
    EXPECT_EQ(ledger->bill("1").size(), 2u);
    ledger->record(entry("h", Millis{9}));
    ASSERT_TRUE(flush());
    EXPECT_EQ(count("SELECT id FROM entry WHERE function = 'h'"), 3);
}

}  // namespace
}  // namespace mayfly::meter
