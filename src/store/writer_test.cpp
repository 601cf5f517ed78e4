#include "store/writer.hpp"

#include "io/run_for_tests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <latch>

namespace mayfly::store {
namespace {

constexpr const char* schema[] = {
    "CREATE TABLE parent (n INTEGER PRIMARY KEY);"
    "CREATE TABLE child (n INTEGER PRIMARY KEY, parent INTEGER REFERENCES parent (n) DEFERRABLE "
    "INITIALLY DEFERRED);"
    "CREATE TABLE bulk (bytes BLOB)",
};

class WriterTest : public testing::Test {
protected:
    Db open() {
        auto db = Db::open(folder_.path() / "test.db");
        CHECK(db && db->migrate(schema));
        return *std::move(db);
    }

    static Writer::Job insert(int n) {
        return [n](Db& db) -> Result<void> {
            TRY(auto* put, db.cached("INSERT INTO parent VALUES (?)"));
            return put->run(n);
        };
    }

    // Commits all jobs as one group: the first holds the writer until the last is waiting.
    std::vector<Result<void>> commit_together(Writer& writer, std::vector<Writer::Job> jobs) {
        std::latch all_wait(1);
        std::vector<std::optional<Result<void>>> outcomes(jobs.size());
        const auto start = [&](Writer::Job job, std::size_t i) {
            boost::asio::co_spawn(
                loop_, writer.commit(std::move(job)),
                [&, i](std::exception_ptr, Result<void> r) { outcomes[i] = std::move(r); });
        };
        std::optional<Result<void>> held;
        boost::asio::co_spawn(loop_, writer.commit([&](Db&) -> Result<void> {
            all_wait.wait();
            return {};
        }),
                              [&](std::exception_ptr, Result<void> r) { held = std::move(r); });
        for (std::size_t i = 0; i < jobs.size(); ++i) start(std::move(jobs[i]), i);
        loop_.restart();
        loop_.poll();  // every commit() has been called
        all_wait.count_down();
        const auto waiting = [&] {
            return !held || std::ranges::any_of(outcomes, [](const auto& o) { return !o; });
        };
        while (waiting()) {
            loop_.restart();
            loop_.run_one();
        }
        std::vector<Result<void>> out;
        for (auto& o : outcomes) out.push_back(*std::move(o));
        return out;
    }

    std::int64_t count(const char* table) {
        auto db = open();
        auto read = db.prepare(std::string("SELECT count(*) FROM ") + table);
        CHECK(read && read->step());
        return read->integer(0);
    }

    io::TestFolder folder_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
};

TEST_F(WriterTest, AChangeIsThereWhenCommitReturns) {
    Writer writer(open(), loop_.get_executor());
    EXPECT_TRUE(io::run_task(loop_, writer.commit(insert(1))));
    EXPECT_EQ(count("parent"), 1);
}

TEST_F(WriterTest, AFailingJobLeavesNothingAndDoesNotSpoilItsGroup) {
    Writer writer(open(), loop_.get_executor());
    std::vector<Writer::Job> jobs;
    jobs.push_back(insert(1));
    jobs.push_back([](Db& db) -> Result<void> {
        TRYV(db.run("INSERT INTO parent VALUES (2)"));
        return fail(Kind::invalid, "second thoughts");
    });
    jobs.push_back(insert(1));  // a duplicate
    jobs.push_back([](Db&) -> Result<void> { throw std::runtime_error("a bug"); });
    jobs.push_back(insert(3));
    const auto outcomes = commit_together(writer, std::move(jobs));
    EXPECT_TRUE(outcomes[0]);
    EXPECT_EQ(outcomes[1].error().kind, Kind::invalid);
    EXPECT_EQ(outcomes[2].error().kind, Kind::conflict);
    EXPECT_EQ(outcomes[3].error().kind, Kind::internal);
    EXPECT_TRUE(outcomes[4]);
    EXPECT_EQ(count("parent"), 2);
}

TEST_F(WriterTest, WhenTheCommitFailsNothingOfTheGroupIsApplied) {
    Writer writer(open(), loop_.get_executor());
    std::vector<Writer::Job> jobs;
    jobs.push_back(insert(1));
    // A broken reference that SQLite notices only at COMMIT.
    jobs.push_back([](Db& db) { return db.run("INSERT INTO child VALUES (1, 99)"); });
    jobs.push_back(insert(2));
    for (const auto& outcome : commit_together(writer, std::move(jobs))) EXPECT_FALSE(outcome);
    EXPECT_EQ(count("parent"), 0);
    EXPECT_EQ(count("child"), 0);
    EXPECT_TRUE(io::run_task(loop_, writer.commit(insert(3))));  // the next group is not harmed
}

TEST_F(WriterTest, AFullDiskIsUnavailableAndTakesNothingIn) {
    auto db = open();
    ASSERT_TRUE(db.run("PRAGMA max_page_count = 20"));
    Writer writer(std::move(db), loop_.get_executor());
    std::vector<Writer::Job> jobs;
    jobs.push_back([](Db& d) { return d.run("INSERT INTO bulk VALUES (zeroblob(1000000))"); });
    const auto outcomes = commit_together(writer, std::move(jobs));
    EXPECT_EQ(outcomes[0].error().kind, Kind::unavailable);
    EXPECT_EQ(count("bulk"), 0);
    EXPECT_TRUE(io::run_task(loop_, writer.commit(insert(1))));
}

TEST_F(WriterTest, BeyondItsLimitItAnswersBusy) {
    Writer writer(open(), loop_.get_executor(), {.waiting_max = 2, .group_max = 1});
    std::vector<Writer::Job> jobs;
    for (int n = 0; n < 10; ++n) jobs.push_back(insert(n));
    const auto outcomes = commit_together(writer, std::move(jobs));
    const auto busy = std::ranges::count_if(
        outcomes, [](const auto& o) { return !o && o.error().kind == Kind::busy; });
    EXPECT_GE(busy, 8);
    EXPECT_EQ(count("parent"), 10 - busy);
}

TEST_F(WriterTest, TheDestructorCarriesOutWhatWasAccepted) {
    {
        Writer writer(open(), loop_.get_executor());
        for (int n = 0; n < 100; ++n)
            boost::asio::co_spawn(loop_, writer.commit(insert(n)),
                                  [](std::exception_ptr, Result<void>) {});
        loop_.poll();
    }
    EXPECT_EQ(count("parent"), 100);
    loop_.restart();
    loop_.poll();
}

TEST_F(WriterTest, ANewerFormatIsRefused) {
    {
        auto db = open();
        ASSERT_TRUE(db.run("PRAGMA user_version = 7"));
    }
    auto db = Db::open(folder_.path() / "test.db");
    EXPECT_EQ(db->migrate(schema).error().kind, Kind::internal);
}

}  // namespace
}  // namespace mayfly::store
