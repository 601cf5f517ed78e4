#include "door/http_server.hpp"

#include "io/timers_manual.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <vector>

namespace mayfly::door {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

struct Endless final : BodySource {
    explicit Endless(int& pieces) : made(pieces) {}
    Task<Result<std::string>> next() override {
        ++made;
        co_return std::string(64u << 10, 'x');
    }
    int& made;
};

// A server whose every answer has no end, and a client that has sent its request.
struct Desk {
    Desk() {
        const auto port = server.listen("127.0.0.1", 0);
        EXPECT_TRUE(port);
        client.connect({asio::ip::address_v4::loopback(), *port});
        asio::write(client, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: h\r\n\r\n")));
    }
    void pass(Seconds time) { timers.run_until(timers.now() + time); }
    void take_what_is_there() {
        client.non_blocking(true);
        std::vector<char> bytes(1u << 20);
        boost::system::error_code none_left;
        while (!none_left) client.read_some(asio::buffer(bytes), none_left);
    }
    Task<Response> answer() {
        Response response;
        response.more = std::make_unique<Endless>(made);
        co_return response;
    }

    int made = 0;
    asio::io_context loop;
    io::ManualTimers timers{loop};
    Log log{Level::error};
    io::Turns turns{loop, timers};
    HttpServer server{loop,
                      timers,
                      turns,
                      log,
                      {},
                      [this](Request&) { return answer(); },
                      [](std::string_view, std::string_view) { return BodyPlan{}; }};
    tcp::socket client{loop};
};

TEST(HttpServer, AReaderThatTakesNothingIsCutOff) {
    Desk desk;
    desk.pass(Seconds{59});
    EXPECT_EQ(desk.server.connections(), 1u);
    desk.pass(Seconds{3});
    EXPECT_EQ(desk.server.connections(), 0u);
}

TEST(HttpServer, OneThatTakesALittleNowAndThenIsNot) {
    Desk desk;
    desk.pass(Seconds{1});
    const int first = desk.made;
    for (int minute = 0; minute < 5; ++minute) {
        desk.take_what_is_there();
        desk.pass(Seconds{50});
    }
    EXPECT_EQ(desk.server.connections(), 1u);
    EXPECT_GT(desk.made, first);
}

TEST(HttpServer, NoMoreIsMadeThanIsTaken) {
    Desk desk;
    desk.pass(Seconds{1});
    const int made = desk.made;
    desk.pass(Seconds{50});
    EXPECT_EQ(desk.made, made);
    EXPECT_LT(made, 512);  // of 64 KiB: what the kernel holds
}

}  // namespace
}  // namespace mayfly::door
