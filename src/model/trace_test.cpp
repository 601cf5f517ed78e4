#include "model/trace.hpp"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
const std::string good = "00-" + trace + "-" + span + "-01";

TEST(Trace, AContextIsReadAndWrittenAsTheStandardHasIt) {
    const auto read = parse_trace(good, "vendor=1");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->trace_id, trace);
    EXPECT_EQ(read->span_id, span);
    EXPECT_TRUE(read->sampled);
    EXPECT_EQ(read->state, "vendor=1");
    EXPECT_EQ(traceparent(*read), good);
    EXPECT_FALSE(parse_trace("00-" + trace + "-" + span + "-00", "")->sampled);
    EXPECT_TRUE(parse_trace("00-" + trace + "-" + span + "-ff", "")->sampled);
}

TEST(Trace, AVersionToComeMayAddFieldsBehind) {
    EXPECT_TRUE(parse_trace("01-" + trace + "-" + span + "-01-what", ""));
    EXPECT_FALSE(parse_trace("01-" + trace + "-" + span + "-01what", ""));
    EXPECT_FALSE(parse_trace("00-" + trace + "-" + span + "-01-what", ""));
    EXPECT_FALSE(parse_trace("ff-" + trace + "-" + span + "-01", ""));
}

TEST(Trace, WhatIsNoContextIsNone) {
    const std::string zeros(32, '0');
    for (const auto& bad :
         {std::string(), std::string("garbage"), std::string(5000, '-'), good.substr(1), good + "0",
          good.substr(0, 54), "00-" + zeros + "-" + span + "-01",
          "00-" + trace + "-" + zeros.substr(16) + "-01", "00_" + trace + "-" + span + "-01",
          "00-4BF92F3577B34DA6A3CE929D0E0E4736-" + span + "-01", "00-" + trace + "-" + span + "-0g",
          "0x-" + trace + "-" + span + "-01", std::string(55, '\0')})
        EXPECT_FALSE(parse_trace(bad, "")) << bad;
}

TEST(Trace, AStateThatIsTooLongIsLeftOut) {
    EXPECT_EQ(parse_trace(good, std::string(513, 'x'))->state, "");
    EXPECT_EQ(parse_trace(good, std::string(512, 'x'))->state.size(), 512u);
}

TEST(Trace, ASpanBelongsToItsCallersTraceOrBeginsOne) {
    SeededRng rng(7);
    const auto caller = *parse_trace(good, "a=b");
    const auto child = begin_span(&caller, false, rng);
    EXPECT_EQ(child.trace_id, trace);
    EXPECT_EQ(child.parent_id, span);
    EXPECT_EQ(child.state, "a=b");
    EXPECT_TRUE(child.sampled) << "as the caller says";
    const auto root = begin_span(nullptr, true, rng);
    EXPECT_TRUE(parse_trace(traceparent(root), "")) << traceparent(root);
    EXPECT_NE(root.span_id, child.span_id);
    EXPECT_EQ(root.parent_id, "");
}

}  // namespace
}  // namespace mayfly
