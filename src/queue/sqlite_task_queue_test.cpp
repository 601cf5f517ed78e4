#include "queue/sqlite_task_queue.hpp"

#include "queue/task_queue_contract.hpp"

namespace mayfly::queue {
namespace {

struct SqliteFixture {
    TaskQueue& open(boost::asio::io_context& loop, WallTime now) {
        queue.reset();
        queue =
            SqliteTaskQueue::open(folder.path() / "queue.db", loop.get_executor(), now, {}).value();
        return *queue;
    }
    io::TestFolder folder;
    std::unique_ptr<SqliteTaskQueue> queue;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, TaskQueueContract, SqliteFixture);

class SqliteTaskQueueTest : public testing::Test {
protected:
    std::unique_ptr<SqliteTaskQueue> open(SqliteTaskQueue::Options options = {}) {
        return SqliteTaskQueue::open(folder_.path() / "queue.db", loop_.get_executor(), at(0),
                                     options)
            .value();
    }
    static NewTask task(const std::string& id) {
        return {.id = id, .lane = "l", .kind = "api", .head = "{}", .accepted = at(0)};
    }
    io::TestFolder folder_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
};

TEST_F(SqliteTaskQueueTest, BeyondItsLimitItTakesNothingAndSaysSo) {
    auto queue = open({.open_max = 2});
    EXPECT_TRUE(io::run_task(loop_, queue->put(task("1"))));
    EXPECT_TRUE(io::run_task(loop_, queue->put(task("2"))));
    EXPECT_EQ(io::run_task(loop_, queue->put(task("3"))).error().kind, Kind::busy);
    queue.reset();
    queue = open({.open_max = 2});  // it counts what was there
    EXPECT_EQ(io::run_task(loop_, queue->put(task("3"))).error().kind, Kind::busy);
    const auto leased = io::run_task(loop_, queue->lease({"l", 1, at(1), at(9)})).value();
    ASSERT_TRUE(io::run_task(loop_, queue->ack(leased.tasks.at(0).ref, {})));
    EXPECT_TRUE(io::run_task(loop_, queue->put(task("3"))));
}

TEST_F(SqliteTaskQueueTest, ManyLanesAreFoundWithoutReadingTheirTasks) {
    auto queue = open();
    for (int i = 0; i < 300; ++i) {
        auto t = task(std::to_string(i));
        t.lane = "lane" + std::to_string(i % 3);
        t.due = at(i);
        ASSERT_TRUE(io::run_task(loop_, queue->put(t)));
    }
    const auto lanes = io::run_task(loop_, queue->lanes()).value();
    ASSERT_EQ(lanes.size(), 3u);
    EXPECT_EQ(lanes[2].name, "lane2");
    EXPECT_EQ(lanes[2].due, at(2));
}

TEST_F(SqliteTaskQueueTest, DeadOnesAreDrivenAgainInBatches) {
    auto queue = open();
    for (int i = 0; i < 1203; ++i)
        ASSERT_TRUE(io::run_task(loop_, queue->put(task("t" + std::to_string(i)))));
    const auto leased = io::run_task(loop_, queue->lease({"l", 1203, at(1), at(9)})).value();
    for (const auto& t : leased.tasks)
        ASSERT_TRUE(io::run_task(loop_, queue->dead(t.ref, {.cause = "x"})));
    EXPECT_EQ(io::run_task(loop_, queue->redrive({.limit = 700}, at(1), Micros(0))), 700);
    EXPECT_EQ(io::run_task(loop_, queue->drop({})), 503);
    EXPECT_EQ(io::run_task(loop_, queue->counts("")).value().waiting, 700);
}

}  // namespace
}  // namespace mayfly::queue
