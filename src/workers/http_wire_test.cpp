#include "workers/http_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include <cstring>

namespace mayfly::workers {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

std::string payload(const std::string& head, const std::string& body = "") {
    const auto size = static_cast<std::uint32_t>(head.size());
    std::string out(4, '\0');
    std::memcpy(out.data(), &size, 4);
    return out + head + body;
}

std::string refusal(const std::string& bytes) {
    const auto read = read_http_answer(bytes);
    if (read) return "";
    return (read.error().kind == Kind::invalid ? "ends: " : "fails: ") + read.error().what;
}

TEST(HttpWire, ARetrySaysSoBesideWhatElseThereIs) {
    std::string about;
    add_retry_count(about, 2);
    EXPECT_EQ(about, R"({"retry_count":2})");
    about = about_http({.method = "GET", .path = "/"});
    add_retry_count(about, 3);
    const auto root = json::parse(about);
    EXPECT_EQ(root.at("retry_count"), 3);
    EXPECT_EQ(root.at("http").at("method"), "GET");
}

TEST(HttpWire, ARequestIsJsonWhateverItsBytes) {
    const auto root = json::parse(about_http(
        {.method = "GET",
         .path = "/ü \"b\"\\",
         .query = "x=\xFF",
         .uri = "/p?x=\xFF",
         .client_ip = "127.0.0.1",
         .headers = {{"A", "1\t2"}, {"a", "caf\xE9"}, {"c", std::string("\0\x7F", 2)}}}));
    const auto& http = root.at("http");
    EXPECT_EQ(http.at("method"), "GET");
    EXPECT_EQ(http.at("path"), "/ü \"b\"\\");
    EXPECT_EQ(http.at("query"), "x=ÿ");
    EXPECT_EQ(http.at("uri"), "/p?x=ÿ");
    EXPECT_EQ(http.at("client_ip"), "127.0.0.1");
    EXPECT_EQ(http.at("headers"),
              (json::array{{"A", "1\t2"}, {"a", "café"}, {"c", json::string_view("\0\x7F", 2)}}));
    EXPECT_EQ(json::parse(about_http({})).at("http").at("headers").as_array().size(), 0u);
    EXPECT_FALSE(json::parse(about_http({})).at("http").as_object().contains("credit"));
    EXPECT_EQ(json::parse(about_http({}, 77)).at("http").at("credit").as_int64(), 77);
}

TEST(HttpWire, AnAnswerIsTakenApart) {
    const auto bytes = payload(R"({"status":404,"headers":[["A","1"],["a","café"]]})", "body");
    const auto answer = read_http_answer(bytes);
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->head.status, 404);
    EXPECT_THAT(answer->head.headers, ElementsAre(Pair("A", "1"), Pair("a", "caf\xE9")));
    EXPECT_EQ(bytes.substr(answer->body_begins), "body");
}

TEST(HttpWire, AWorkerThatBreaksTheProtocolIsToldFromAFunctionThatBreaksHttp) {
    EXPECT_THAT(refusal(""), HasSubstr("ends: "));
    EXPECT_THAT(refusal("abc"), HasSubstr("ends: "));
    EXPECT_THAT(refusal(std::string("\x05\0\0\0{}", 6)), HasSubstr("longer than the answer"));
    for (const auto* head :
         {"", "{", "[]", "{}", R"({"status":200})", R"({"status":200,"headers":{}})",
          R"({"status":200,"headers":[1]})", R"({"status":200,"headers":[["a"]]})",
          R"({"status":200,"headers":[["a",1]]})", R"({"headers":[]})", "[[[[[[[[]]]]]]]]",
          "{\"status\":200,\"headers\":[[\"a\",\"\xFF\"]]}"})
        EXPECT_THAT(refusal(payload(head)), HasSubstr("ends: ")) << head;

    for (const auto* status : {"\"200\"", "199", "600", "-1", "200.5", "1e99", "null", "true"})
        EXPECT_THAT(refusal(payload(std::string(R"({"headers":[],"status":)") + status + "}")),
                    testing::StartsWith("fails: the status"))
            << status;
    EXPECT_THAT(refusal(payload(R"({"status":200,"headers":[["a b","1"]]})")),
                HasSubstr("fails: 'a b' is not the name"));
    EXPECT_THAT(refusal(payload(R"({"status":200,"headers":[["","1"]]})")), HasSubstr("fails: "));
    EXPECT_THAT(refusal(payload(R"({"status":200,"headers":[["a","b\r\nEvil: 1"]]})")),
                HasSubstr("fails: the header a has control characters"));
    EXPECT_THAT(refusal(payload(R"({"status":200,"headers":[["a","😀"]]})")),
                HasSubstr("fails: the header a has characters that HTTP has no bytes for"));
}

TEST(HttpWire, HeadersHaveALimitTogether) {
    const auto with = [](std::size_t bytes) {
        return payload(R"({"status":200,"headers":[["a",")" + std::string(bytes, 'x') + "\"]]}");
    };
    EXPECT_EQ(refusal(with(kHeadBytesMax - 5)), "");
    EXPECT_THAT(refusal(with(kHeadBytesMax - 4)), HasSubstr("fails: the headers have 8193 bytes"));
    EXPECT_THAT(refusal(with(1 << 20)), HasSubstr("fails: the headers have more than"));
}

}  // namespace
}  // namespace mayfly::workers
