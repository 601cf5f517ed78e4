#include "engine/async_walk.hpp"

#include "catalog/catalog_for_tests.hpp"
#include "io/timers_manual.hpp"
#include "queue/events.hpp"
#include "queue/sqlite_task_queue.hpp"

#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

// Answers at once with what the test wants, and keeps what came.
struct AnsweringInvoker final : Invoker {
    Task<Result<Reply>> invoke(Call call) override {
        calls.push_back(std::move(call));
        if (refusal) co_return Failure(*refusal);
        co_return reply;
    }
    std::size_t sync_waiting() const override { return waiting; }

    std::vector<Call> calls;
    Reply reply;
    std::optional<Error> refusal;
    std::size_t waiting = 0;
};

class AsyncWalkTest : public catalog::CatalogTest {
protected:
    void put(int count) {
        for (int i = 0; i < count; ++i)
            last_id_ = run(events_.accept({.target = {.account = catalog::account,
                                                      .service = "demo",
                                                      .function = "f"},
                                           .trigger = "api",
                                           .body = "event"}))
                           .value();
    }
    // The queue's threads have done all that was asked of them, and what followed from it.
    void flush() {
        for (int i = 0; i < 8; ++i) {
            ASSERT_TRUE(run(queue_->extend({}, {})));
            loop_.poll();
        }
    }
    void pass(Millis time) {
        timers_.run_until(timers_.now() + time);
        flush();
    }
    queue::Item last() { return run(queue_->get(last_id_)).value(); }

    io::ManualTimers timers_{loop_};
    std::unique_ptr<queue::SqliteTaskQueue> queue_ =
        queue::SqliteTaskQueue::open(home_.path() / "queue.db", loop_.get_executor(),
                                     timers_.wall(), {})
            .value();
    queue::Events events_{*queue_, timers_, rng_};
    deliver::Webhooks webhooks_{reach::Guard(), {}};
    deliver::Mailer mailer_{{}};
    AnsweringInvoker invoker_;
    AsyncWalk walk_{
        *queue_, *catalog_, invoker_, webhooks_, mailer_, timers_, rng_, log_, loop_.get_executor(),
        {}};
    std::string last_id_;
};

TEST_F(AsyncWalkTest, EventsYieldToCallsThatAreWaitedForButDoNotStarve) {
    invoker_.waiting = 1;
    ASSERT_TRUE(run(walk_.open()));
    put(5);
    pass(Millis(900));
    EXPECT_EQ(invoker_.calls.size(), 0u);
    pass(Millis(200));
    EXPECT_EQ(invoker_.calls.size(), 1u);
    pass(Millis(1010));
    EXPECT_EQ(invoker_.calls.size(), 2u);
    invoker_.waiting = 0;
    pass(Millis(10));
    EXPECT_EQ(invoker_.calls.size(), 5u);
    EXPECT_EQ(last().state, queue::State::done);
}

TEST_F(AsyncWalkTest, AFunctionThatFailsIsTriedFourTimesAndEndsWithItsReason) {
    invoker_.reply = {.outcome = Outcome::unhandled_error,
                      .body = R"({"errorType":"KeyError","errorMessage":"order 7"})"};
    ASSERT_TRUE(run(walk_.open()));
    put(1);
    for (int i = 0; i < 10; ++i) pass(Millis(600));
    ASSERT_EQ(invoker_.calls.size(), 4u);
    for (int i = 0; i < 4; ++i) {
        const auto& call = invoker_.calls[static_cast<std::size_t>(i)];
        EXPECT_EQ(call.retry_count, i);
        EXPECT_EQ(call.request_id, last_id_);
        EXPECT_TRUE(call.async);
    }
    const auto dead = last();
    EXPECT_EQ(dead.state, queue::State::dead);
    EXPECT_EQ(dead.cause, "FunctionError");
    EXPECT_EQ(dead.signature, "KeyError: order #");
    EXPECT_EQ(std::ranges::count(dead.story, '\n'), 4);
}

TEST_F(AsyncWalkTest, WhatThePlatformRefusesIsTriedAgainAndCountsAsNoFailure) {
    invoker_.refusal = Error(Kind::busy, "full", "ResourceExhausted");
    ASSERT_TRUE(run(walk_.open()));
    put(1);
    for (int i = 0; i < 20; ++i) pass(Millis(1000));
    EXPECT_GE(invoker_.calls.size(), 5u);
    EXPECT_EQ(last().state, queue::State::waiting);
    EXPECT_EQ(last().failures, 0);
    invoker_.refusal.reset();
    for (int i = 0; i < 40; ++i) pass(Millis(1000));
    EXPECT_EQ(last().state, queue::State::done);
    EXPECT_EQ(invoker_.calls.back().retry_count, 0);
}

TEST_F(AsyncWalkTest, AnEventContinuesTheTraceOfWhatCausedIt) {
    const TraceContext cause{.trace_id = std::string(32, 'a'), .span_id = std::string(16, 'b')};
    const TraceContext span{.trace_id = cause.trace_id, .span_id = std::string(16, 'c')};
    invoker_.reply.span = span;
    ASSERT_TRUE(run(walk_.open()));
    const Target target{.account = catalog::account, .service = "demo", .function = "f"};
    const auto bus = "acs:eventbridge:cn:" + target.account + ":eventbus/default";
    ASSERT_TRUE(run(catalog_->async().put(target, {.on_success = bus})));
    walk_.on_bus([&](const queue::Event&, const std::string&, bool) {
        auto other = target;
        other.function = "g";
        return std::vector<queue::Event>{{.id = "2-0-a", .target = other, .trigger = "event"}};
    });
    ASSERT_TRUE(run(events_.accept({.target = target, .trigger = "api", .cause_span = cause})));
    pass(Millis(10));
    ASSERT_GE(invoker_.calls.size(), 1u);
    ASSERT_TRUE(invoker_.calls[0].caller_span);
    EXPECT_EQ(*invoker_.calls[0].caller_span, cause);
    const auto next = run(queue_->get("2-0-a")).value();
    EXPECT_EQ(queue::to_event(next.id, next.head, "").value().cause_span, span);
}

TEST_F(AsyncWalkTest, WhatHasNoFunctionIsDeadAtOnce) {
    invoker_.refusal = Error(Kind::not_found, "no function", "FunctionNotFound");
    ASSERT_TRUE(run(walk_.open()));
    put(1);
    pass(Millis(1));
    EXPECT_EQ(last().cause, "Invalid");
    EXPECT_EQ(invoker_.calls.size(), 1u);
}

TEST_F(AsyncWalkTest, AfterCloseNothingBeginsAndAnotherStartTakesItUp) {
    ASSERT_TRUE(run(walk_.open()));
    walk_.close();
    put(3);
    pass(Seconds(5));
    EXPECT_EQ(invoker_.calls.size(), 0u);
    AsyncWalk next(*queue_, *catalog_, invoker_, webhooks_, mailer_, timers_, rng_, log_,
                   loop_.get_executor(), {});
    ASSERT_TRUE(run(next.open()));
    pass(Millis(1));
    EXPECT_EQ(invoker_.calls.size(), 3u);
}

}  // namespace
}  // namespace mayfly::engine
