#include "io/http_connection.hpp"

#include "io/run_for_tests.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <string>
#include <thread>
#include <vector>

namespace mayfly::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using testing::HasSubstr;

const std::string plain = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const std::string last = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

// For each connection, in order, the answers it gives before it closes.
class Answers {
public:
    explicit Answers(std::vector<std::vector<std::string>> connections)
        : thread_([this, connections = std::move(connections)] {
              for (const auto& answers : connections) {
                  auto peer = listener_.accept();
                  for (const auto& answer : answers) {
                      std::string head;
                      asio::read_until(peer, asio::dynamic_buffer(head), "\r\n\r\n");
                      heads.push_back(head);
                      asio::write(peer, asio::buffer(answer));
                  }
              }
          }) {}
    ~Answers() { join(); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    HttpClient client() const {
        return HttpClient::to("http://127.0.0.1:" +
                              std::to_string(listener_.local_endpoint().port()))
            .value();
    }
    std::vector<std::string> heads;  // after join()

private:
    asio::io_context io_;
    tcp::acceptor listener_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

struct HttpConnectionTest : testing::Test {
    Result<HttpResponse> ask(HttpConnection& connection, bool keep = true) {
        return run_task(loop, connection.exchange({.target = "/x"}, Seconds{5}, keep));
    }
    asio::io_context loop{1};
};

TEST_F(HttpConnectionTest, OneConnectionServesOneExchangeAfterTheOther) {
    Answers server({{plain, plain, plain}});
    const auto client = server.client();
    HttpConnection connection(loop.get_executor(), client);
    EXPECT_FALSE(connection.is_open());
    for (int i = 0; i < 3; ++i) {
        const auto got = ask(connection, i < 2);
        ASSERT_TRUE(got) << got.error().what;
        EXPECT_EQ(got->body, "ok");
        EXPECT_EQ(connection.is_open(), i < 2);
    }
    server.join();
    EXPECT_THAT(server.heads[2], HasSubstr("Connection: close"));
}

TEST_F(HttpConnectionTest, AServerThatClosesIsConnectedAnew) {
    Answers server({{last}, {plain}});
    const auto client = server.client();
    HttpConnection connection(loop.get_executor(), client);
    ASSERT_TRUE(ask(connection));
    EXPECT_FALSE(connection.is_open());
    ASSERT_TRUE(ask(connection));
    EXPECT_TRUE(connection.is_open());
}

TEST_F(HttpConnectionTest, AConnectionThatBreaksIsUnavailableOnceAndThenWorksAgain) {
    Answers server({{plain, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"}, {plain}});
    const auto client = server.client();
    HttpConnection connection(loop.get_executor(), client);
    ASSERT_TRUE(ask(connection));
    const auto broken = ask(connection);
    ASSERT_FALSE(broken);
    EXPECT_EQ(broken.error().kind, Kind::unavailable);
    EXPECT_FALSE(connection.is_open());
    ASSERT_TRUE(ask(connection));
}

}  // namespace
}  // namespace mayfly::io
