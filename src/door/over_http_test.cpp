#include "door/over_http.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::door {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

Request request(const std::string& target, std::vector<Headers::Field> headers = {}) {
    Request out;
    out.method = "POST";
    out.target = target;
    for (auto& [name, value] : headers) out.headers.add(name, value);
    return out;
}

std::string target(std::string_view path) {
    const auto read = read_http_target(path);
    if (!read) return read.error().code;
    const auto& t = read->target;
    return t.service + "|" + t.qualifier + "|" + t.function + "|" + read->path;
}

TEST(OverHttp, APathNamesServiceQualifierFunctionAndTheRestIsTheFunctions) {
    EXPECT_EQ(target("/2016-08-15/proxy/s/f"), "s||f|/");
    EXPECT_EQ(target("/2016-08-15/proxy/s/f/"), "s||f|/");
    EXPECT_EQ(target("/2016-08-15/proxy/s.prod/f/a%20b//c/"), "s|prod|f|/a b//c/");
    EXPECT_EQ(target("/2016-08-15/proxy/s/f/%C3%BC%2F+%"), "s||f|/ü/+%");
    EXPECT_EQ(target("/2016-08-15/proxy/s/f/%FF"), "InvalidArgument");
    for (const auto* none : {"/2016-08-15/proxy/", "/2016-08-15/proxy/s", "/2016-08-15/proxy/s/",
                             "/2016-08-15/proxy//f", "/2016-08-15/proxy/s//a"})
        EXPECT_EQ(target(none), "PathNotSupported") << none;
    EXPECT_EQ(http_path({"1", "s", "", "f"}), "/2016-08-15/proxy/s/f/");
    EXPECT_EQ(http_path({"1", "s", "2", "f"}), "/2016-08-15/proxy/s.2/f/");
}

TEST(OverHttp, TheFunctionIsToldWhatTheClientSaidToIt) {
    auto asked = request("/2016-08-15/proxy/s/f/a?x=1", {{"Host", "h"},
                                                         {"X-Fc-Trace-Id", "t"},
                                                         {"connection", "close"},
                                                         {"Keep-Alive", "5"},
                                                         {"Cookie", "a=b"},
                                                         {"cookie", "c=d"},
                                                         {"Transfer-Encoding", "chunked"},
                                                         {"Expect", "100-continue"}});
    asked.body = "12345";
    asked.client_ip = "10.0.0.8";
    const auto part = http_part(asked, "/a");
    EXPECT_EQ(part.method, "POST");
    EXPECT_EQ(part.path, "/a");
    EXPECT_EQ(part.client_ip, "10.0.0.8");
    EXPECT_THAT(part.headers, ElementsAre(Pair("Host", "h"), Pair("Cookie", "a=b"),
                                          Pair("cookie", "c=d"), Pair("Content-Length", "5")));
}

TEST(OverHttp, HeadersAndPathHaveLimits) {
    const auto with = [](std::size_t bytes) {
        return request("/p", {{"abcd", std::string(bytes - 8, 'x')}});
    };
    EXPECT_TRUE(check_http_head(with(8192)));
    EXPECT_THAT(check_http_head(with(8193)).error().what, HasSubstr("have 8193 bytes"));
    EXPECT_TRUE(check_http_head(request("/" + std::string(4095, 'x'))));
    EXPECT_EQ(check_http_head(request("/" + std::string(4096, 'x'))).error().code,
              "InvalidArgument");
}

Result<Response> answer(int status, HttpHeaders headers, std::string body = "body") {
    Reply reply{.body = std::move(body), .http = HttpHead{status, std::move(headers)}};
    return http_response(reply, "api.example:7400");
}

TEST(OverHttp, AFunctionSpeaksForItselfAndNotForThePlatform) {
    const auto r = answer(201, {{"A", "1"},
                                {"Set-Cookie", "a=b"},
                                {"Set-Cookie", "c=d"},
                                {"Connection", "close"},
                                {"content-length", "1"},
                                {"Date", "x"},
                                {"Keep-Alive", "x"},
                                {"server", "x"},
                                {"X-Fc-Request-Id", "x"},
                                {"Transfer-Encoding", "chunked"},
                                {"Content-Type", "text/html"}})
                       .value();
    EXPECT_EQ(r.status, 201);
    EXPECT_EQ(r.body, "body");
    EXPECT_THAT(
        r.headers.fields(),
        ElementsAre(Pair("A", "1"), Pair("Set-Cookie", "a=b"), Pair("Set-Cookie", "c=d"),
                    Pair("Content-Type", "text/html"), Pair("Content-Disposition", "attachment")));
    EXPECT_EQ(answer(200, {})->headers.get("Content-Type"), "application/octet-stream");
    EXPECT_EQ(answer(204, {})->body, "");
    EXPECT_EQ(answer(304, {})->body, "");
}

TEST(OverHttp, AnAttachmentMayHaveAName) {
    EXPECT_EQ(answer(200, {{"content-disposition", "inline"}})->headers.get("Content-Disposition"),
              "attachment");
    const auto named = answer(200, {{"content-disposition", "Attachment; filename=a"}}).value();
    EXPECT_EQ(named.headers.get("Content-Disposition"), "Attachment; filename=a");
}

TEST(OverHttp, ARedirectStaysOnItsHost) {
    for (const auto* home :
         {"/a", "a/b?c=http://d", "", "?x", "http://api.example/x", "https://API.example:1/x",
          "//api.example/x", "http://user@api.example/"})
        EXPECT_TRUE(answer(302, {{"Location", home}})) << home;
    for (const auto* away :
         {"http://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example/x",
          " https://evil.example", "http:evil.example", "javascript:alert(1)", "http:///evil",
          "http://api.example@evil.example/", "https://api.example.evil.example/",
          "https://api.example:80@evil.example"})
        EXPECT_EQ(answer(307, {{"location", away}}).error().code, "ExternalRedirectForbidden")
            << away;
    EXPECT_TRUE(answer(201, {{"Location", "http://elsewhere.example/made"}}));
    EXPECT_TRUE(stays_on("[::1]:7400", "http://[::1]/"));
    EXPECT_FALSE(stays_on("[::1]:7400", "http://[::2]/"));
}

}  // namespace
}  // namespace mayfly::door
