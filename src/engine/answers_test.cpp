#include "engine/answers.hpp"

#include "workers/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

using testing::HasSubstr;

Reply replied(std::string body, Outcome outcome = Outcome::ok) {
    return {.outcome = outcome, .body = std::move(body)};
}

TEST(DiedJson, SaysWhyThePlatformEndedIt) {
    EXPECT_THAT(died_json(Millis{12}, 1 << 20, false, 128, "its way out is lost"),
                HasSubstr("(duration: 12ms, maxMemoryUsage: 1.00MB, its way out is lost)"));
    EXPECT_THAT(died_json(Millis{12}, 1 << 20, false, 128), HasSubstr("maxMemoryUsage: 1.00MB)"));
}

// The head as a worker sends it, 27 bytes of JSON.
const std::string good = std::string("\x1B\0\0\0", 4) + R"({"status":203,"headers":[]})";

TEST(TakeHttp, TakesTheHeadOffTheBody) {
    auto reply = replied(good + "body");
    EXPECT_TRUE(take_http(workers::kHttp, reply));
    EXPECT_EQ(reply.outcome, Outcome::ok);
    EXPECT_EQ(reply.http->status, 203);
    EXPECT_EQ(reply.body, "body");
}

TEST(TakeHttp, LeavesAFailureAsItIs) {
    auto reply = replied(R"({"errorMessage":"x"})", Outcome::unhandled_error);
    EXPECT_TRUE(take_http(workers::kRaised, reply));
    EXPECT_EQ(reply.body, R"({"errorMessage":"x"})");
    EXPECT_FALSE(reply.http);
}

TEST(TakeHttp, AWorkerThatBreaksTheProtocolMustEndAndAFunctionThatBreaksHttpNot) {
    auto plain = replied("bytes");
    EXPECT_FALSE(take_http(0, plain));
    EXPECT_EQ(plain.outcome, Outcome::bad_response);
    EXPECT_THAT(plain.body,
                HasSubstr(R"({"ErrorCode":"BadResponse","ErrorMessage":"the function's)"));
    auto torn = replied("by");
    EXPECT_FALSE(take_http(workers::kHttp, torn));
    EXPECT_EQ(torn.outcome, Outcome::bad_response);
    auto odd = good;
    odd.replace(odd.find("203"), 3, "999");
    auto slip = replied(odd);
    EXPECT_TRUE(take_http(workers::kHttp, slip));
    EXPECT_EQ(slip.outcome, Outcome::bad_response);
    EXPECT_THAT(slip.body, HasSubstr("the status 999"));
    EXPECT_FALSE(slip.http);
}

}  // namespace
}  // namespace mayfly::engine
