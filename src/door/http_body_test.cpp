#include "door/http_server.hpp"
#include "engine/request_body.hpp"
#include "io/one_shot.hpp"
#include "io/timers_manual.hpp"
#include "workers/wire.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <memory>
#include <string>
#include <vector>

namespace mayfly::door {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t kWhole = 100;  // bytes of a body that is read whole

// A server whose handler passes bodies that stream on, and answers when it is told to.
struct Desk {
    Desk() {
        const auto port = server.listen("127.0.0.1", 0);
        EXPECT_TRUE(port);
        client.connect({asio::ip::address_v4::loopback(), *port});
        client.set_option(tcp::no_delay(true));
        client.non_blocking(true);
    }
    void send(const std::string& text) {
        asio::write(client, asio::buffer(text));
        pass(Seconds{1});
    }
    void pass(Seconds time) { timers.run_until(timers.now() + time); }
    std::string received() {
        char bytes[4096];
        boost::system::error_code none_left;
        const auto n = client.read_some(asio::buffer(bytes), none_left);
        return {bytes, n};
    }
    // The call runs, and its function reads.
    void read() {
        body->begin({.send =
                         [this](std::uint8_t flags, std::string_view bytes) {
                             taken += bytes;
                             ended |= flags;
                         },
                     .is_free = [] { return true; }});
        EXPECT_TRUE(body->grant(workers::kCreditBytes));
        pass(Seconds{1});
    }
    void answer() {
        if (body) body->stop();
        said->give(true);
        pass(Seconds{1});
    }
    Task<Response> handle(Request& request) {
        at_once = std::move(request.body);
        streams = request.incoming != nullptr;
        if (streams) request.pass_on(body = std::make_shared<RequestBody>());
        io::OneShot<bool> go_on;
        said = &go_on;
        (void)co_await go_on.wait();
        co_return Response{.headers = {}, .body = "answered"};
    }

    asio::io_context loop;
    io::ManualTimers timers{loop};
    Log log{Level::error};
    std::shared_ptr<RequestBody> body;
    io::OneShot<bool>* said = nullptr;
    std::string at_once, taken;
    bool streams = false;
    int ended = 0;  // BodyFlag
    io::Turns turns{loop, timers};
    HttpServer server{loop,
                      timers,
                      turns,
                      log,
                      {},
                      [this](Request& request) { return handle(request); },
                      [](std::string_view, std::string_view) {
                          return BodyPlan{.bytes_max = kWhole, .streams_over = kWhole};
                      }};
    tcp::socket client{loop};
};

const std::string kLong = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n";
const std::string kAsks =
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n";
const std::string kAsked = "HTTP/1.1 100 Continue\r\n\r\n";

TEST(HttpBody, AShortBodyIsWholeBeforeItsHandlerBegins) {
    Desk desk;
    desk.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n");
    EXPECT_FALSE(desk.said);
    desk.send(std::string(kWhole, 'x'));
    ASSERT_TRUE(desk.said);
    EXPECT_FALSE(desk.streams);
    EXPECT_EQ(desk.at_once.size(), kWhole);
    desk.answer();
}

TEST(HttpBody, ABodyOfMoreThanItsPlanHasIsReadWhileItComes) {
    Desk desk;
    desk.send(kLong + "first");
    ASSERT_TRUE(desk.streams);
    EXPECT_EQ(desk.at_once, "first");
    desk.read();
    desk.send("second");
    EXPECT_EQ(desk.taken, "second");
    EXPECT_EQ(desk.ended, 0);
    desk.send(std::string(1000 - 11, 'x'));
    EXPECT_EQ(desk.ended, workers::kLast);
    EXPECT_EQ(desk.taken.size(), 995u);
    desk.answer();
    EXPECT_NE(desk.received().find("answered"), std::string::npos);
    EXPECT_EQ(desk.server.connections(), 1u);
}

TEST(HttpBody, OneInChunksStreamsUnlessItCameWithItsHead) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    Desk whole;
    whole.send(head + "3\r\nabc\r\n0\r\n\r\n");
    EXPECT_FALSE(whole.streams);
    EXPECT_EQ(whole.at_once, "abc");
    whole.answer();
    Desk desk;
    desk.send(head + "3\r\nabc\r\n");
    ASSERT_TRUE(desk.streams);
    desk.read();
    desk.send("3\r\ndef\r\n0\r\n\r\n");
    EXPECT_EQ(desk.at_once + desk.taken, "abcdef");
    EXPECT_EQ(desk.ended, workers::kLast);
    desk.answer();
}

TEST(HttpBody, AClientIsAskedForItWhenItIsRead) {
    Desk desk;
    desk.send(kAsks);
    EXPECT_EQ(desk.received(), "");
    desk.read();
    EXPECT_EQ(desk.received(), kAsked);
    desk.answer();
    desk.send(std::string(1000, 'x'));
    EXPECT_EQ(desk.server.connections(), 1u) << "the rest was dropped";
}

TEST(HttpBody, OneThatWasNeverAskedIsAnsweredAndLetGo) {
    Desk desk;
    desk.send(kAsks);
    desk.answer();
    EXPECT_NE(desk.received().find("Connection: close"), std::string::npos);
    EXPECT_EQ(desk.server.connections(), 0u);
}

TEST(HttpBody, AClientThatSendsNothingOfItsBodyBreaksItOff) {
    Desk desk;
    desk.send(kLong + "first");
    desk.pass(Seconds{200});
    desk.read();
    desk.pass(Seconds{58});
    EXPECT_EQ(desk.ended, 0) << "it was not read until now";
    desk.pass(Seconds{3});
    EXPECT_EQ(desk.ended, workers::kCutShort);
    desk.answer();
    EXPECT_NE(desk.received().find("answered"), std::string::npos);
    EXPECT_EQ(desk.server.connections(), 0u);
}

TEST(HttpBody, OneThatClosesInTheMiddleToo) {
    Desk desk;
    desk.send(kLong);
    desk.read();
    desk.client.shutdown(tcp::socket::shutdown_send);
    desk.pass(Seconds{1});
    EXPECT_EQ(desk.ended, workers::kCutShort);
    desk.answer();
}

TEST(HttpBody, WhatIsNotReadIsDroppedForFiveMinutes) {
    Desk desk;
    desk.send(kLong);
    desk.answer();
    EXPECT_NE(desk.received().find("answered"), std::string::npos);
    desk.pass(Seconds{1});
    for (int seconds = 0; seconds < 290; seconds += 10) {
        ASSERT_EQ(desk.server.connections(), 1u) << seconds;
        desk.send("x");
        desk.pass(Seconds{9});
    }
    desk.pass(Seconds{12});
    EXPECT_EQ(desk.server.connections(), 0u);
}

}  // namespace
}  // namespace mayfly::door
