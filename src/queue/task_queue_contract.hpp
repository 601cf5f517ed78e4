// What every TaskQueue must keep, as tests. An engine instantiates them with a fixture that opens a
// queue, and opens the same one again as if its process had been killed:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, TaskQueueContract, SqliteFixture);
// Fixture: TaskQueue& open(boost::asio::io_context&, WallTime now).
#pragma once

#include "io/run_for_tests.hpp"
#include "queue/task_queue.hpp"

#include <gtest/gtest.h>

namespace mayfly::queue {

inline WallTime at(int seconds) { return WallTime(Seconds(seconds)); }

template <class Fixture>
class TaskQueueContract : public testing::Test {
protected:
    template <class T>
    T run(Task<T> task) {
        return io::run_task(loop_, std::move(task));
    }
    void put(TaskQueue& queue, NewTask task) {
        const auto done = run(queue.put(std::move(task)));
        ASSERT_TRUE(done) << done.error().what;
    }
    static NewTask task(std::string id, int due = 0, std::string lane = "1/s/f") {
        return {.id = id,
                .lane = std::move(lane),
                .kind = "api",
                .head = "{}",
                .body = "body of " + id,
                .accepted = at(0),
                .due = at(due)};
    }
    LeaseResult lease(TaskQueue& queue, std::size_t count, int now, std::string lane = "1/s/f") {
        return run(queue.lease({std::move(lane), count, at(now), at(now + 60)})).value();
    }
    static std::vector<std::string> ids(const LeaseResult& result) {
        std::vector<std::string> all;
        for (const auto& t : result.tasks) all.push_back(t.id);
        return all;
    }
    State state(TaskQueue& queue, const std::string& id) {
        return run(queue.get(id)).value().state;
    }
    Ending ending(std::string cause = "", std::string signature = "") {
        return {.at = at(9), .note = R"({"n":1})", .cause = cause, .signature = signature};
    }

    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
    Fixture fixture_;
};

TYPED_TEST_SUITE_P(TaskQueueContract);

TYPED_TEST_P(TaskQueueContract, WhatWasPutIsLeasedInOrderOfItsTimeAndThenOfItsComing) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    for (const auto& [id, due] : {std::pair{"late", 5}, {"first", 1}, {"second", 1}, {"third", 2}})
        this->put(queue, this->task(id, due));
    this->put(queue, this->task("other", 0, "1/s/g"));
    EXPECT_EQ(this->ids(this->lease(queue, 9, 0)), (std::vector<std::string>{}));
    const auto two = this->lease(queue, 2, 3);
    EXPECT_EQ(this->ids(two), (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(two.next_due, at(2));
    EXPECT_EQ(two.tasks[0].attempts, 1);
    EXPECT_EQ(two.tasks[0].body, "body of first");
    const auto rest = this->lease(queue, 9, 9);
    EXPECT_EQ(this->ids(rest), (std::vector<std::string>{"third", "late"}));
    EXPECT_EQ(rest.next_due, WallTime::max());
}

TYPED_TEST_P(TaskQueueContract, ADedupIdIsTakenOnceInItsLaneAlsoAfterItsTaskEnded) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    auto first = this->task("1"), again = this->task("2"), elsewhere = this->task("3", 0, "1/s/g");
    first.dedup = again.dedup = elsewhere.dedup = "job";
    this->put(queue, first);
    this->put(queue, elsewhere);
    EXPECT_EQ(this->run(queue.put(again)).error().code, "TaskAlreadyExists");
    const auto leased = this->lease(queue, 9, 1);
    ASSERT_EQ(this->ids(leased), (std::vector<std::string>{"1"}));
    ASSERT_TRUE(this->run(queue.ack(leased.tasks[0].ref, this->ending())));
    EXPECT_EQ(this->run(queue.put(again)).error().kind, Kind::conflict);
    EXPECT_EQ(this->run(queue.put(this->task("3"))).error().kind, Kind::conflict);  // an id
    EXPECT_EQ(this->run(queue.find("1/s/g", "job")).value().id, "3");
    EXPECT_EQ(this->run(queue.find("1/s/g", "nothing")).error().kind, Kind::not_found);
}

TYPED_TEST_P(TaskQueueContract, AnEndedTaskIsKeptWithItsStoryAndIsNotLeasedAgain) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    this->put(queue, this->task("a"));
    const auto first = this->lease(queue, 1, 1).tasks[0];
    ASSERT_TRUE(this->run(queue.nack(first.ref, {Again::Why::failed, at(4), R"({"n":0})"})));
    EXPECT_EQ(this->ids(this->lease(queue, 1, 3)), (std::vector<std::string>{}));
    const auto second = this->lease(queue, 1, 4).tasks[0];
    EXPECT_EQ(second.attempts, 2);
    EXPECT_EQ(second.failures, 1);
    auto done = this->ending();
    done.result = "the answer";
    ASSERT_TRUE(this->run(queue.ack(second.ref, done)));
    const auto kept = this->run(queue.get("a")).value();
    EXPECT_EQ(kept.state, State::done);
    EXPECT_EQ(kept.story, "{\"n\":0}\n{\"n\":1}\n");
    EXPECT_EQ(kept.result, "the answer");
    EXPECT_EQ(kept.body, "body of a");
    EXPECT_EQ(kept.due, at(9));
    EXPECT_TRUE(this->lease(queue, 9, 1000).tasks.empty());
}

TYPED_TEST_P(TaskQueueContract, ARefusalCountsForNoAttempt) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    this->put(queue, this->task("a"));
    for (int i = 0; i < 3; ++i) {
        const auto leased = this->lease(queue, 1, i).tasks.at(0);
        EXPECT_EQ(leased.attempts, 1);
        EXPECT_EQ(leased.refusals, i);
        ASSERT_TRUE(this->run(queue.nack(leased.ref, {Again::Why::refused, at(i + 1), ""})));
    }
    const auto ran = this->lease(queue, 1, 5).tasks.at(0);
    ASSERT_TRUE(this->run(queue.nack(ran.ref, {Again::Why::failed, at(6), ""})));
    const auto last = this->lease(queue, 1, 6).tasks.at(0);
    EXPECT_EQ(last.failures, 1);
    EXPECT_EQ(last.refusals, 0);
}

TYPED_TEST_P(TaskQueueContract, ALeaseEndsByTimeAndItsLateHolderChangesNothing) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    this->put(queue, this->task("a"));
    const auto old = this->lease(queue, 1, 0).tasks[0];  // until 60
    ASSERT_TRUE(this->run(queue.extend({old.ref}, at(90))));
    ASSERT_TRUE(this->run(queue.expire(at(89))));
    EXPECT_TRUE(this->lease(queue, 1, 89).tasks.empty());
    ASSERT_TRUE(this->run(queue.expire(at(90))));
    const auto fresh = this->lease(queue, 1, 100).tasks.at(0);
    EXPECT_EQ(this->run(queue.ack(old.ref, this->ending())).error().kind, Kind::conflict);
    EXPECT_EQ(this->run(queue.dead(old.ref, this->ending())).error().kind, Kind::conflict);
    EXPECT_EQ(this->run(queue.nack(old.ref, {})).error().kind, Kind::conflict);
    EXPECT_EQ(this->state(queue, "a"), State::leased);
    EXPECT_TRUE(this->run(queue.ack(fresh.ref, this->ending())));
}

TYPED_TEST_P(TaskQueueContract, WhatALostProcessHeldIsLeasedAgain) {
    auto* queue = &this->fixture_.open(this->loop_, at(0));
    this->put(*queue, this->task("held"));
    this->put(*queue, this->task("waiting", 3));
    const auto held = this->lease(*queue, 1, 1).tasks[0];
    queue = &this->fixture_.open(this->loop_, at(2));
    EXPECT_EQ(this->run(queue->lanes()).value().at(0).due, at(2));
    const auto again = this->lease(*queue, 9, 3);
    EXPECT_EQ(this->ids(again), (std::vector<std::string>{"held", "waiting"}));
    EXPECT_EQ(again.tasks[0].attempts, 2);
    EXPECT_EQ(this->run(queue->ack(held.ref, this->ending())).error().kind, Kind::conflict);
}

TYPED_TEST_P(TaskQueueContract, WhatATaskCausesComesWithItsEndOrNotAtAll) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    std::vector<std::string> heard;
    queue.on_waiting([&](const std::string& lane, WallTime) { heard.push_back(lane); });
    this->put(queue, this->task("a"));
    this->put(queue, this->task("b"));
    const auto leased = this->lease(queue, 2, 1).tasks;
    auto ending = this->ending();
    ending.caused = {this->task("next", 1, "1/s/g"), this->task("b")};  // an id that is taken
    EXPECT_EQ(this->run(queue.ack(leased[0].ref, ending)).error().kind, Kind::conflict);
    EXPECT_EQ(this->state(queue, "a"), State::leased);
    EXPECT_EQ(this->run(queue.get("next")).error().kind, Kind::not_found);
    ending.caused.pop_back();
    ASSERT_TRUE(this->run(queue.ack(leased[0].ref, ending)));
    EXPECT_EQ(this->ids(this->lease(queue, 1, 1, "1/s/g")), (std::vector<std::string>{"next"}));
    EXPECT_EQ(heard, (std::vector<std::string>{"1/s/f", "1/s/f", "1/s/g"}));
}

TYPED_TEST_P(TaskQueueContract, AWaitingTaskIsStoppedAtOnceAndALeasedOneWhenItsHolderEndsIt) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    this->put(queue, this->task("waiting", 50));
    this->put(queue, this->task("runs"));
    this->put(queue, this->task("fails"));
    const auto leased = this->lease(queue, 2, 1).tasks;
    EXPECT_EQ(this->run(queue.cancel("waiting", at(1))), State::stopped);
    EXPECT_EQ(this->run(queue.cancel("runs", at(1))), State::leased);
    EXPECT_EQ(this->run(queue.cancel("fails", at(1))), State::leased);
    EXPECT_TRUE(this->run(queue.get("runs")).value().stopping);
    auto ending = this->ending();
    ending.caused = {this->task("next")};
    ASSERT_TRUE(this->run(queue.ack(leased[0].ref, ending)));
    ASSERT_TRUE(this->run(queue.nack(leased[1].ref, {Again::Why::failed, at(3), ""})));
    for (const auto* id : {"waiting", "runs", "fails"})
        EXPECT_EQ(this->state(queue, id), State::stopped) << id;
    EXPECT_EQ(this->run(queue.get("next")).error().kind, Kind::not_found);
    EXPECT_TRUE(this->lease(queue, 9, 99).tasks.empty());
    EXPECT_EQ(this->run(queue.cancel("runs", at(9))).error().code, "TaskClosed");
    EXPECT_EQ(this->run(queue.cancel("never", at(9))).error().kind, Kind::not_found);
}

TYPED_TEST_P(TaskQueueContract, DeadOnesAreGroupedByWhatTheyDiedOfAndDrivenAgainOrDropped) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    for (const auto* id : {"a", "b", "c", "d"}) this->put(queue, this->task(id));
    const auto leased = this->lease(queue, 4, 1).tasks;
    const char* signatures[] = {"KeyError: #", "KeyError: #", "timeout", "timeout"};
    for (std::size_t i = 0; i < 4; ++i)
        ASSERT_TRUE(
            this->run(queue.dead(leased[i].ref, this->ending("FunctionError", signatures[i]))));
    const auto groups = this->run(queue.dead_groups("1/")).value();
    ASSERT_EQ(groups.size(), 2u);
    EXPECT_EQ(groups[0].count + groups[1].count, 4);
    EXPECT_EQ(this->run(queue.counts("1/")).value().dead, 4);
    EXPECT_TRUE(this->run(queue.dead_groups("2/")).value().empty());
    const DeadWish keys{.lane_prefix = "1/s/f", .signature = "KeyError: #"};
    EXPECT_EQ(this->run(queue.redrive(keys, at(20), Seconds(1))), 2);
    EXPECT_EQ(this->ids(this->lease(queue, 9, 20)), (std::vector<std::string>{"a"}));
    const auto second = this->lease(queue, 9, 21);
    EXPECT_EQ(this->ids(second), (std::vector<std::string>{"b"}));
    EXPECT_EQ(second.tasks[0].attempts, 1);
    EXPECT_EQ(second.tasks[0].first_due, at(21));
    EXPECT_EQ(this->run(queue.drop({.lane_prefix = "1/", .id = "c"})), 1);
    EXPECT_EQ(this->run(queue.drop({.lane_prefix = "2/", .id = "d"})), 0);
    EXPECT_EQ(this->run(queue.get("c")).error().kind, Kind::not_found);
    EXPECT_EQ(this->state(queue, "d"), State::dead);
}

TYPED_TEST_P(TaskQueueContract, AListIsByPagesAndByWhatIsAskedFor) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    for (int i = 0; i < 7; ++i) {
        auto task = this->task(std::to_string(i), i == 6 ? 99 : 0, i == 5 ? "1/s/g" : "1/s/f");
        if (i < 2) task.dedup = "job-" + std::to_string(i);
        if (i == 3) task.kind = "timer";
        task.accepted = at(i);
        this->put(queue, task);
    }
    const auto names = [&](ListWish wish) {
        std::string all;
        const auto page = this->run(queue.list(std::move(wish))).value();
        for (const auto& item : page.items) all += item.id;
        return all + (page.next ? "+" : "");
    };
    EXPECT_EQ(names({}), "6543210");
    EXPECT_EQ(names({.lane = "1/s/f", .limit = 3}), "643+");
    EXPECT_EQ(names({.lane_prefix = "1/s/", .oldest_first = true, .limit = 7}), "0123456");
    EXPECT_EQ(names({.dedup_prefix = "job-1"}), "1");
    EXPECT_EQ(names({.dedup_only = true}), "10");
    EXPECT_EQ(names({.kind = "timer"}), "3");
    EXPECT_EQ(names({.since = at(2), .until = at(4)}), "32");
    EXPECT_EQ(names({.lane_prefix = "2/"}), "");
    const auto first = this->run(queue.list({.limit = 5})).value();
    EXPECT_EQ(names({.after = first.next}), "10");
    EXPECT_EQ(first.items[0].body, "");
    EXPECT_EQ(this->run(queue.list({.limit = 1, .bodies = true})).value().items[0].body,
              "body of 6");
    (void)this->lease(queue, 1, 1);
    EXPECT_EQ(names({.states = {State::leased}}), "0");
}

TYPED_TEST_P(TaskQueueContract, ClosedTasksGoWhenTheirTimeOrRoomIsOverAndOpenOnesNever) {
    auto& queue = this->fixture_.open(this->loop_, at(0));
    for (int i = 0; i < 6; ++i) {
        auto task = this->task(std::to_string(i), i == 5 ? 90 : 0);
        task.body = std::string(i == 0 ? 100'000 : 1000, 'x');
        this->put(queue, task);
    }
    const auto leased = this->lease(queue, 4, 1).tasks;
    for (int i = 0; i < 4; ++i) {
        auto ending = this->ending("FunctionError");
        ending.at = at(10 + i);
        const auto& ref = leased[static_cast<std::size_t>(i)].ref;
        ASSERT_TRUE(this->run(i == 3 ? queue.dead(ref, ending) : queue.ack(ref, ending)));
    }
    const auto left = [&](int now, Keep closed, Keep dead) {
        EXPECT_FALSE(this->run(queue.trim(at(now), closed, dead)).value());
        std::string all;
        for (const auto& item : this->run(queue.list({})).value().items) all += item.id;
        return all;
    };
    const Keep all{};
    EXPECT_EQ(left(20, all, all), "543210");
    EXPECT_EQ(left(20, {.bytes = 2100}, all), "54321");
    EXPECT_EQ(left(20, {.age = Seconds(8)}, all), "5432");
    EXPECT_EQ(left(20, all, {.age = Seconds(1)}), "542");
    EXPECT_EQ(left(9999, {.bytes = 0}, {.bytes = 0}), "54");
}

TYPED_TEST_P(TaskQueueContract, LargeBodiesComeBackWhole) {
    auto* queue = &this->fixture_.open(this->loop_, at(0));
    auto big = this->task("big");
    big.body.clear();
    for (int i = 0; i < 200'000; ++i) big.body += static_cast<char>(i * 7);
    this->put(*queue, big);
    queue = &this->fixture_.open(this->loop_, at(0));
    EXPECT_EQ(this->lease(*queue, 1, 1).tasks.at(0).body, big.body);
    EXPECT_EQ(this->run(queue->get("big")).value().body, big.body);
}

REGISTER_TYPED_TEST_SUITE_P(
    TaskQueueContract, WhatWasPutIsLeasedInOrderOfItsTimeAndThenOfItsComing,
    ADedupIdIsTakenOnceInItsLaneAlsoAfterItsTaskEnded,
    AnEndedTaskIsKeptWithItsStoryAndIsNotLeasedAgain, ARefusalCountsForNoAttempt,
    ALeaseEndsByTimeAndItsLateHolderChangesNothing, WhatALostProcessHeldIsLeasedAgain,
    WhatATaskCausesComesWithItsEndOrNotAtAll,
    AWaitingTaskIsStoppedAtOnceAndALeasedOneWhenItsHolderEndsIt,
    DeadOnesAreGroupedByWhatTheyDiedOfAndDrivenAgainOrDropped, AListIsByPagesAndByWhatIsAskedFor,
    ClosedTasksGoWhenTheirTimeOrRoomIsOverAndOpenOnesNever, LargeBodiesComeBackWhole);

}  // namespace mayfly::queue
