#include "io/http_client.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <thread>

namespace mayfly::io {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Takes one connection on a port the system chose, reads a head, writes `answer`, and closes.
class OneAnswer {
public:
    explicit OneAnswer(std::string answer)
        : thread_([this, answer = std::move(answer)] {
              auto peer = listener_.accept();
              asio::read_until(peer, asio::dynamic_buffer(head), "\r\n\r\n");
              boost::system::error_code ignored;
              asio::write(peer, asio::buffer(answer), ignored);
              if (answer.empty()) peer.wait(tcp::socket::wait_read, ignored);  // never answers
          }) {}
    ~OneAnswer() { join(); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    std::string url() const {
        return "http://127.0.0.1:" + std::to_string(listener_.local_endpoint().port());
    }
    std::string head;

private:
    asio::io_context io_;
    tcp::acceptor listener_{io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

TEST(HttpClient, SendsARequestAndReadsTheAnswerDechunked) {
    OneAnswer server(
        "HTTP/1.1 404 Nope\r\nX-Why: because\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
    const auto client = HttpClient::to(server.url() + "/").value();
    const auto got =
        client.send({.method = "PUT", .target = "/a?b=c", .headers = {{"x-h", "v"}}}, Seconds{5});
    server.join();
    ASSERT_TRUE(got) << got.error().what;
    EXPECT_EQ(got->status, 404);
    EXPECT_EQ(got->header("x-why"), "because");
    EXPECT_EQ(got->body, "abcde");
    EXPECT_TRUE(server.head.starts_with("PUT /a?b=c HTTP/1.1\r\n")) << server.head;
    EXPECT_NE(server.head.find("x-h: v"), std::string::npos);
}

TEST(HttpClient, AServerThatIsNotThereIsUnavailable) {
    asio::io_context io;
    tcp::acceptor taken(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto url = "http://127.0.0.1:" + std::to_string(taken.local_endpoint().port());
    taken.close();
    const auto got = HttpClient::to(url).value().send({}, Seconds{5});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::unavailable);
}

TEST(HttpClient, AServerThatDoesNotAnswerTimesOut) {
    OneAnswer server("");
    const auto got = HttpClient::to(server.url()).value().send({}, Millis{20});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Kind::timed_out);
}

TEST(HttpClient, EndpointsAreCheckedAndTheReasonSaid) {
    EXPECT_TRUE(HttpClient::to("http://[::1]:7400"));
    for (const auto* bad : {"", "ftp://x", "https://x", "http://", "http://h:0", "http://h:x",
                            "http://h/path", "http://h:70000"}) {
        EXPECT_FALSE(HttpClient::to(bad)) << bad;
    }
}

}  // namespace
}  // namespace mayfly::io
