#include "io/run_for_tests.hpp"
#include "traces/exporter.hpp"
#include "traces/otlp_json.hpp"

#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <thread>

namespace mayfly::traces {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

CallSpan some_call() {
    Revision revision;
    revision.function = {.account = "1", .service = "shop"};
    revision.function.spec.name = "thumbs";
    revision.function.spec.memory_mb = 256;
    return {.context = {.trace_id = std::string(32, 'a'),
                        .span_id = std::string(16, 'b'),
                        .sampled = true,
                        .parent_id = std::string(16, 'c')},
            .request_id = "1-2-3",
            .trigger = "http",
            .instance_id = "c-1",
            .route = std::make_shared<const Revision>(std::move(revision)),
            .start = WallTime{Seconds{100}},
            .duration = Millis{30},
            .course = {.phases = {{"sandbox", Millis{10}}, {"run", Millis{20}}}},
            .outcome = Outcome::timed_out,
            .cold = true};
}

json::array spans_of(const std::string& body) {
    return json::parse(body).at_pointer("/resourceSpans/0/scopeSpans/0/spans").as_array();
}

TEST(Otlp, ACallIsASpanAndItsPhasesAreSpansBelowItOneAfterTheOther) {
    SeededRng rng(1);
    const std::vector calls{some_call()};
    const auto spans = spans_of(to_otlp(calls, rng));
    ASSERT_EQ(spans.size(), 3u);
    EXPECT_EQ(spans[0].at("name"), "shop/thumbs");
    EXPECT_EQ(spans[0].at("kind"), 2);
    EXPECT_EQ(spans[0].at("parentSpanId").as_string(), std::string(16, 'c'));
    EXPECT_EQ(spans[0].at("startTimeUnixNano"), "100000000000");
    EXPECT_EQ(spans[0].at("endTimeUnixNano"), "100030000000");
    EXPECT_EQ(spans[0].at_pointer("/status/code"), 2);
    EXPECT_EQ(spans[1].at("name"), "sandbox");
    EXPECT_EQ(spans[1].at("parentSpanId"), spans[0].at("spanId"));
    EXPECT_EQ(spans[1].at("endTimeUnixNano"), spans[2].at("startTimeUnixNano"));
    EXPECT_EQ(spans[2].at("endTimeUnixNano"), spans[0].at("endTimeUnixNano"));
    EXPECT_NE(spans[1].at("spanId"), spans[2].at("spanId"));
}

// A collector that gives these statuses, one for each request.
class Collector {
public:
    explicit Collector(std::vector<int> statuses)
        : thread_([this, statuses = std::move(statuses)] {
              auto peer = listener_.accept();
              std::string text;
              for (const int status : statuses) {
                  const auto head = asio::read_until(peer, asio::dynamic_buffer(text), "\r\n\r\n");
                  const auto field = text.find("Content-Length: ");
                  const auto length = std::stoul(text.substr(field + 16));
                  if (text.size() < head + length)
                      asio::read(peer, asio::dynamic_buffer(text),
                                 asio::transfer_exactly(head + length - text.size()));
                  spans.push_back(spans_of(text.substr(head, length)).size());
                  text.erase(0, head + length);
                  asio::write(peer, asio::buffer("HTTP/1.1 " + std::to_string(status) +
                                                 " X\r\nContent-Length: 0\r\n\r\n"));
              }
          }) {}
    ~Collector() { join(); }
    void join() {
        if (thread_.joinable()) thread_.join();
    }
    io::HttpClient client() const {
        return io::HttpClient::to("http://127.0.0.1:" +
                                  std::to_string(listener_.local_endpoint().port()))
            .value();
    }
    std::vector<std::size_t> spans;  // in each request; after join()

private:
    asio::io_context io_;
    asio::ip::tcp::acceptor listener_{io_,
                                      asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::thread thread_;
};

struct ExporterTest : testing::Test {
    int flush(Exporter& exporter) {
        return io::run_task(loop, [](Exporter& e) -> Task<int> {
            co_await e.flush();
            co_return static_cast<int>(e.waiting());
        }(exporter));
    }
    asio::io_context loop{1};
    SeededRng rng{1};
    Log log{Level::error};
};

TEST_F(ExporterTest, SpansGoOutInBatches) {
    Collector collector({200, 200});
    Exporter exporter(loop.get_executor(), collector.client(), {.batch_max = 2}, rng, log);
    for (int i = 0; i < 3; ++i) exporter.take(some_call());
    EXPECT_EQ(flush(exporter), 0);
    collector.join();
    EXPECT_EQ(collector.spans, (std::vector<std::size_t>{6, 3}));
    EXPECT_EQ(exporter.sent(), 3);
}

TEST_F(ExporterTest, ABusyCollectorGetsThemLaterAndOneThatRefusesThemNever) {
    Collector collector({503, 200, 400});
    Exporter exporter(loop.get_executor(), collector.client(), {}, rng, log);
    exporter.take(some_call());
    EXPECT_EQ(flush(exporter), 1);
    EXPECT_EQ(flush(exporter), 0);
    exporter.take(some_call());
    EXPECT_EQ(flush(exporter), 0);
    EXPECT_EQ(exporter.sent(), 1);
    EXPECT_EQ(exporter.dropped(), 1);
}

TEST_F(ExporterTest, WithNoCollectorNoMoreWaitThanMay) {
    const auto nobody = io::HttpClient::to("http://127.0.0.1:1").value();
    Exporter exporter(loop.get_executor(), nobody, {.waiting_max = 2}, rng, log);
    for (int i = 0; i < 5; ++i) exporter.take(some_call());
    EXPECT_EQ(flush(exporter), 2);
    EXPECT_EQ(exporter.dropped(), 3);
}

}  // namespace
}  // namespace mayfly::traces
