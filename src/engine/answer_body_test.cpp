#include "engine/answer_body.hpp"

#include "workers/wire.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <vector>

namespace mayfly {
namespace {

namespace asio = boost::asio;

// A body, what its worker hears of the reader, and a reader that asks when it is told to.
struct Desk {
    void ask() {
        asio::co_spawn(loop, read(), asio::detached);
        run();
    }
    void run() {
        loop.restart();
        loop.poll();
    }
    Task<> read() { read_now = co_await body.next(); }
    std::string got() { return read_now && *read_now ? **read_now : "(nothing)"; }

    asio::io_context loop;
    std::vector<std::size_t> took;
    int left = 0, settled = 0;
    AnswerBody body{{.took = [this](std::size_t n) { took.push_back(n); },
                     .left = [this] { ++left; },
                     .settled = [this] { return settle(); }}};
    Task<> settle() {
        ++settled;
        co_return;
    }
    std::optional<Result<std::string>> read_now;
};

TEST(AnswerBody, GivesWhatCameAtOnceAndWaitsForTheRest) {
    Desk desk;
    desk.body.add("one ");
    desk.body.add("two");
    desk.ask();
    EXPECT_EQ(desk.got(), "one two");
    desk.read_now.reset();
    desk.ask();
    EXPECT_FALSE(desk.read_now);
    desk.body.add("three");
    EXPECT_EQ(desk.got(), "three");
}

TEST(AnswerBody, AGoodEndIsAnEmptyPieceOnceTheBillIsSettled) {
    Desk desk;
    desk.body.add("all");
    desk.body.end(true);
    desk.ask();
    EXPECT_EQ(desk.got(), "all");
    EXPECT_EQ(desk.settled, 0);
    desk.ask();
    EXPECT_EQ(desk.got(), "");
    EXPECT_EQ(desk.settled, 1);
}

TEST(AnswerBody, ABrokenOneIsAnErrorAfterWhatCame) {
    Desk desk;
    desk.ask();
    desk.body.add("some");
    EXPECT_EQ(desk.got(), "some");
    desk.body.end(false);
    desk.ask();
    EXPECT_FALSE(*desk.read_now);
}

TEST(AnswerBody, AWorkerHearsOfItsReaderInHalvesOfItsCreditAndOnlyOfWhatIsDone) {
    Desk desk;
    const std::string half(workers::kCreditBytes / 2, 'x');
    desk.body.add(half);
    desk.ask();
    EXPECT_TRUE(desk.took.empty()) << "the reader has it, and is not done with it";
    desk.ask();
    EXPECT_EQ(desk.took, std::vector{half.size()});
    desk.body.add("little");
    desk.ask();
    EXPECT_EQ(desk.took.size(), 1u);
    desk.body.end(true);  // or its reader would wait for ever
}

TEST(AnswerBody, WhatIsDiscardedIsTakenAtOnce) {
    Desk desk;
    const std::string half(workers::kCreditBytes / 2, 'x');
    desk.body.add(half);
    desk.body.discard();
    desk.body.add(half);
    EXPECT_EQ(desk.took, (std::vector{half.size(), half.size()}));
    EXPECT_EQ(desk.left, 0);
}

TEST(AnswerBody, AReaderLeavesOnceAndNotAfterTheEnd) {
    Desk desk;
    desk.body.leave();
    desk.body.leave();
    EXPECT_EQ(desk.left, 1);
    Desk ended;
    ended.body.end(true);
    ended.body.leave();
    EXPECT_EQ(ended.left, 0);
}

}  // namespace
}  // namespace mayfly
