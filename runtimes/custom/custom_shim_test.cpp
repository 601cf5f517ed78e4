// The shim's pure parts: frames and setups in, requests out; responses in, answers out.
#include "custom/answer.hpp"
#include "custom/call.hpp"
#include "custom/readiness.hpp"
#include "custom/request.hpp"
#include "custom/response_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>

namespace mayfly::custom {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kSetup =
    R"({"protocol":1,"handler":"h","initializer":"i","concurrency":2,"environment":{"PATH":"/bin","A":"b"},)"
    R"("context":{"function":{"name":"f","handler":"h","memory":128,"timeout":3,"initializer":"i",)"
    R"("initialization_timeout":4},"service":{"name":"s","log_project":"","log_store":"","qualifier":"LATEST",)"
    R"("version_id":"LATEST"},"region":"r","account_id":"1"},)"
    R"("custom":{"port":8080,"command":["/code/x"],"args":["-v"],"start_seconds":9}})";

std::string call_payload(std::string_view id, std::string_view about, std::string_view event) {
    std::string out(1, static_cast<char>(id.size()));
    out += id;
    const auto size = static_cast<std::uint32_t>(about.size());
    out.append(reinterpret_cast<const char*>(&size), 4);
    return out.append(about).append(event);
}

TEST(Setup, IsReadWhole) {
    const auto setup = read_setup(kSetup);
    ASSERT_TRUE(setup) << setup.error().what;
    EXPECT_EQ(setup->words, (std::vector<std::string>{"/code/x", "-v"}));
    EXPECT_EQ(setup->environment, (std::vector<std::string>{"PATH=/bin", "A=b"}));
    EXPECT_EQ(setup->search_path, "/bin");
    EXPECT_EQ(setup->port, 8080);
    EXPECT_EQ(setup->start_limit, Seconds{9});
    EXPECT_TRUE(setup->has_initializer);
    EXPECT_EQ(value_of(setup->constants, "x-fc-function-memory"), "128");
    EXPECT_EQ(value_of(setup->constants, "x-fc-service-logproject"), "");
}

TEST(Setup, AMissingFieldIsNamedNotCrashedOn) {
    const std::string whole = kSetup;
    for (std::size_t end = 0; end < whole.size(); ++end)
        EXPECT_FALSE(read_setup(whole.substr(0, end))) << end;
    EXPECT_THAT(read_setup(R"({"protocol":2})").error().what, HasSubstr("protocol"));
}

TEST(Call, OfEveryLengthIsReadOrRefused) {
    const auto whole = call_payload("id", R"({"retry_count":2})", "event");
    const auto call = read_call(7, whole);
    ASSERT_TRUE(call);
    EXPECT_EQ(call->id, 7u);
    EXPECT_EQ(call->request_id, "id");
    EXPECT_EQ(call->event(), "event");
    EXPECT_EQ(value_of(call->own, "x-fc-retry-count"), "2");
    for (std::size_t end = 0; end < whole.size() - 5; ++end)
        EXPECT_FALSE(read_call(7, whole.substr(0, end))) << end;
    EXPECT_FALSE(read_call(7, call_payload("id", R"({"http":{"headers":[["x"]]}})", "")));
}

TEST(Request, OfAnEventIsWholeAndItsValuesEndNoLine) {
    auto setup = *read_setup(kSetup);
    setup.constants.push_back({"x-fc-odd", "a\r\nInjected: b"});
    const auto call = *read_call(1, call_payload("r", "", "event"));
    const auto request = call_request(setup, call);
    EXPECT_EQ(request.body, "event");
    EXPECT_TRUE(request.head.starts_with("POST /invoke HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"));
    EXPECT_TRUE(request.head.ends_with("Content-Length: 5\r\n\r\n"));
    EXPECT_THAT(request.head, HasSubstr("x-fc-odd: aInjected: b\r\n"));
    EXPECT_THAT(request.head, HasSubstr("x-fc-control-path: /invoke\r\n"));
    EXPECT_THAT(initialize_request(setup, call).head,
                HasSubstr("x-fc-control-path: /initialize\r\n"));
    const auto hook = hook_request(setup, call, workers::Hook::pre_stop);
    EXPECT_TRUE(hook.head.starts_with("GET /pre-stop HTTP/1.1\r\n"));
    EXPECT_THAT(hook.head, HasSubstr("x-fc-control-path: /pre-stop\r\n"));
    EXPECT_TRUE(hook.once);
}

TEST(Answer, OfAnEventIsItsBodyOrAnError) {
    EXPECT_EQ(event_answer({.status = 201, .headers = {}, .body = "b"}).body, "b");
    const auto failed = event_answer({.status = 500, .headers = {}, .body = "\xff"});
    EXPECT_EQ(failed.flags, 2);
    EXPECT_EQ(failed.body, "{\"errorMessage\":\"\xC3\xBF\",\"errorType\":\"HTTP 500\"}");
    const auto marked =
        event_answer({.status = 200, .headers = {{"X-Fc-Status", "404"}}, .body = ""});
    EXPECT_EQ(marked.flags, 2);
    EXPECT_THAT(marked.body, HasSubstr("x-fc-status 404"));
}

TEST(Answer, OverHttpKeepsAllButTheHop) {
    const auto answer = http_answer(
        {.status = 404, .headers = {{"A", "1"}, {"Connection", "close"}, {"A", "2"}}, .body = "b"});
    EXPECT_EQ(answer.flags, kHttpAnswer);
    std::uint32_t size = 0;
    std::memcpy(&size, answer.head.data(), 4);
    EXPECT_EQ(size, answer.head.size() - 4);
    EXPECT_EQ(answer.head.substr(4), R"({"status":404,"headers":[["A","1"],["A","2"]]})");
    EXPECT_EQ(answer.body, "b");
}

TEST(Answer, AnErrorTextIsCutAtACharacter) {
    std::string text = "x";
    for (int i = 0; i < 9000; ++i) text += "\xC3\xBC";
    const auto answer = event_answer({.status = 500, .headers = {}, .body = text});
    EXPECT_LT(answer.body.size(), 8300u);
    EXPECT_THAT(answer.body, Not(HasSubstr("\xC3\x83")));
}

TEST(Readiness, LooksOftenAtFirstAndNeverMoreThanAHundredTimesASecondLater) {
    EXPECT_EQ(pause_after(Micros{0}), Micros{200});
    EXPECT_EQ(pause_after(Millis{64}), Millis{2});
    EXPECT_EQ(pause_after(Seconds{100}), Millis{10});
}

// Whatever comes, in whatever pieces: an answer or an error, within the limits.
TEST(ResponseParser, TakesAnythingInAnyPieces) {
    const std::string good =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    std::mt19937 chance(1);
    for (int round = 0; round < 20'000; ++round) {
        auto bytes = good;
        for (auto changes = chance() % 3; changes > 0; --changes)
            bytes[chance() % bytes.size()] = static_cast<char>(chance());
        ResponseParser parser(false, false);
        std::string unread;
        boost::system::error_code error;
        for (std::size_t at = 0; at < bytes.size() && !parser.is_done();) {
            const auto piece = 1 + chance() % 16;
            unread += bytes.substr(at, piece);
            at += piece;
            unread.erase(0, parser.put(boost::asio::buffer(unread), error));
            if (error && error != boost::beast::http::error::need_more) break;
        }
        if (bytes == good) {
            EXPECT_TRUE(parser.is_done()) << error.message();
            EXPECT_EQ(parser.response().body, "abc");
        }
        EXPECT_LE(parser.response().body.size(), bytes.size());
    }
}

}  // namespace
}  // namespace mayfly::custom
