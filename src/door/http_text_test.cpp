#include "door/http_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::door {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Nothing final : BodySource {
    Task<Result<std::string>> next() override { co_return std::string(); }
};

Response in_parts(std::string begun) {
    Response response{.body = std::move(begun)};
    response.more = std::make_unique<Nothing>();
    return response;
}

TEST(HttpText, WhatIsWholeHasItsLength) {
    Response response{.body = "abc"};
    EXPECT_EQ(framing_of(response, true), Framing::length);
    const auto text = serialized(response, Framing::length, true, false, "now");
    EXPECT_THAT(text, HasSubstr("HTTP/1.1 200 OK\r\nDate: now\r\n"));
    EXPECT_TRUE(text.ends_with("Content-Length: 3\r\n\r\nabc")) << text;
    EXPECT_TRUE(serialized(response, Framing::length, true, true, "now").ends_with("3\r\n\r\n"));
}

TEST(HttpText, WhatHasNoLengthComesInChunksOrUntilTheEnd) {
    const auto response = in_parts("twelve bytes");
    EXPECT_EQ(framing_of(response, true), Framing::chunks);
    const auto chunks = serialized(response, Framing::chunks, true, false, "now");
    EXPECT_TRUE(chunks.ends_with("Transfer-Encoding: chunked\r\n\r\nc\r\ntwelve bytes\r\n"))
        << chunks;
    EXPECT_EQ(framing_of(response, false), Framing::close);
    const auto close = serialized(response, Framing::close, false, false, "now");
    EXPECT_TRUE(close.ends_with("Connection: close\r\n\r\ntwelve bytes")) << close;
    EXPECT_THAT(close, Not(HasSubstr("Length")));
    EXPECT_THAT(close, Not(HasSubstr("chunked")));
}

TEST(HttpText, NothingIsNoChunkForThatWouldBeTheLast) {
    const auto text = serialized(in_parts(""), Framing::chunks, true, false, "now");
    EXPECT_TRUE(text.ends_with("chunked\r\n\r\n")) << text;
}

TEST(HttpText, ALengthThatIsKnownIsSaidThoughTheBodyIsNotThere) {
    auto response = in_parts("abc");
    response.length = 1000;
    EXPECT_EQ(framing_of(response, true), Framing::length);
    EXPECT_THAT(serialized(response, Framing::length, true, false, "now"),
                HasSubstr("Content-Length: 1000\r\n"));
}

}  // namespace
}  // namespace mayfly::door
