#include "engine/request_body.hpp"

#include "workers/wire.hpp"

#include <gtest/gtest.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <string>
#include <vector>

namespace mayfly {
namespace {

namespace asio = boost::asio;
using workers::kBodyPieceBytes, workers::kCreditBytes;

// A body, its worker's way, and a client that asks when it is told to whether a piece is wanted.
struct Desk {
    void begin() {
        body.begin({.send = [this](std::uint8_t flags,
                                   std::string_view bytes) { sent.emplace_back(flags, bytes); },
                    .is_free = [this] { return is_free; }});
    }
    void ask() {
        wanted.reset();
        asio::co_spawn(loop, wait(), asio::detached);
        loop.restart();
        loop.poll();
    }
    Task<> wait() { wanted = co_await body.wanted(); }

    asio::io_context loop;
    bool is_free = true;
    std::vector<std::pair<std::uint8_t, std::string>> sent;
    std::optional<bool> wanted;
    RequestBody body;
};

TEST(RequestBody, NothingIsWantedBeforeTheCallRunsAndItsFunctionReads) {
    Desk desk;
    desk.ask();
    EXPECT_FALSE(desk.wanted);
    desk.begin();
    EXPECT_FALSE(desk.wanted);
    EXPECT_TRUE(desk.body.grant(kCreditBytes));
    EXPECT_EQ(desk.wanted, true);
}

TEST(RequestBody, NoMoreIsWantedThanItsWorkerAskedFor) {
    Desk desk;
    desk.begin();
    EXPECT_FALSE(desk.body.grant(kCreditBytes + 1));
    EXPECT_TRUE(desk.body.grant(kCreditBytes));
    EXPECT_FALSE(desk.body.grant(1));
    const std::string piece(kBodyPieceBytes, 'x');
    for (std::size_t sent = 0; sent < kCreditBytes; sent += piece.size()) {
        desk.ask();
        EXPECT_EQ(desk.wanted, true);
        desk.body.add(piece);
    }
    desk.ask();
    EXPECT_FALSE(desk.wanted);
    EXPECT_TRUE(desk.body.grant(kBodyPieceBytes));
    EXPECT_EQ(desk.wanted, true);
    EXPECT_EQ(desk.sent.size(), kCreditBytes / kBodyPieceBytes);
}

TEST(RequestBody, NorIsAnyForAWorkerThatDoesNotTakeWhatItAskedFor) {
    Desk desk;
    desk.begin();
    desk.is_free = false;
    EXPECT_TRUE(desk.body.grant(kCreditBytes));
    desk.ask();
    EXPECT_FALSE(desk.wanted);
    desk.body.look();
    EXPECT_FALSE(desk.wanted);
    desk.is_free = true;
    desk.body.look();
    EXPECT_EQ(desk.wanted, true);
}

TEST(RequestBody, ItsEndIsToldOnceAndSaysWhetherItIsWhole) {
    for (const bool whole : {true, false}) {
        Desk desk;
        desk.begin();
        desk.body.end(whole);
        desk.body.end(true);
        desk.body.add("late");
        ASSERT_EQ(desk.sent.size(), 1u);
        EXPECT_EQ(desk.sent[0].first, whole ? workers::kLast : workers::kCutShort);
        desk.ask();
        EXPECT_EQ(desk.wanted, false);
    }
}

TEST(RequestBody, WhenTheCallHasEndedNobodyWaitsAndNothingIsSent) {
    Desk desk;
    desk.begin();
    desk.ask();
    desk.body.stop();
    EXPECT_EQ(desk.wanted, false);
    desk.body.add("late");
    desk.body.end(false);
    EXPECT_TRUE(desk.sent.empty());
}

TEST(RequestBody, OneWhoseCallNeverRanEndsQuietly) {
    Desk desk;
    desk.ask();
    desk.body.end(false);
    EXPECT_EQ(desk.wanted, false);
}

}  // namespace
}  // namespace mayfly
