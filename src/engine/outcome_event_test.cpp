#include "engine/outcome_event.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace mayfly::engine {
namespace {

namespace json = boost::json;

const queue::Event event{
    .id = "1-0-a", .target = {.account = "1", .service = "s", .function = "f"}, .body = "in"};

Attempt failed() {
    return {.how = queue::Tried::How::failed,
            .began = WallTime(Millis(1000)),
            .ended = WallTime(Millis(1012)),
            .outcome = "unhandled_error",
            .answer = R"({"errorType":"KeyError","errorMessage":"'a'"})",
            .instance_id = "c-1",
            .cold = true,
            .ran = true};
}

TEST(OutcomeEvent, ADestinationIsToldInFcsForm) {
    const auto o = json::parse(outcome_json(event, failed(), 4, "FunctionError", "here"));
    EXPECT_EQ(o.at("timestamp"), 1012);
    const auto& request = o.at("requestContext");
    EXPECT_EQ(request.at("requestId"), "1-0-a");
    EXPECT_EQ(request.at("functionArn"), "acs:fc:here:1:services/s/functions/f");
    EXPECT_EQ(request.at("condition"), "FunctionError");
    EXPECT_EQ(request.at("approximateInvokeCount"), 4);
    EXPECT_EQ(o.at("requestPayload"), "in");
    EXPECT_EQ(o.at("responseContext").at("statusCode"), 200);
    EXPECT_EQ(o.at("responseContext").at("functionError"), "UnhandledInvocationError");
    EXPECT_EQ(o.at("responsePayload").as_string(), failed().answer);
}

TEST(OutcomeEvent, BytesThatAreNoTextGoAsBase64AndLongOnesAreCut) {
    auto binary = event;
    binary.body = "\xff\x00";
    auto long_answer = failed();
    long_answer.answer = std::string(300'000, 'x');
    const auto o = json::parse(outcome_json(binary, long_answer, 1, "", "here")).as_object();
    EXPECT_EQ(o.at("payloadEncoding"), "base64");
    EXPECT_EQ(o.at("payloadCut"), true);
    EXPECT_EQ(o.at("responsePayload").as_string().size(), 256u << 10);
    const auto plain = json::parse(outcome_json(event, failed(), 1, "", "here")).as_object();
    EXPECT_FALSE(plain.contains("payloadEncoding") || plain.contains("payloadCut"));
}

TEST(OutcomeEvent, ALineOfTheStorySaysWhatHappenedAndWhatIsNext) {
    const auto line = json::parse(story_line(failed(), WallTime(Seconds(2)))).as_object();
    EXPECT_EQ(line.at("at"), "1970-01-01T00:00:01.000Z");
    EXPECT_EQ(line.at("ms"), 12.0);
    EXPECT_EQ(line.at("what"), "KeyError: 'a'");
    EXPECT_EQ(line.at("instance"), "c-1");
    EXPECT_EQ(line.at("cold"), true);
    EXPECT_EQ(line.at("next"), "1970-01-01T00:00:02.000Z");
    auto ok = failed();
    ok.how = queue::Tried::How::ok;
    const auto good = json::parse(story_line(ok, {})).as_object();
    EXPECT_FALSE(good.contains("what") || good.contains("next"));
}

}  // namespace
}  // namespace mayfly::engine
