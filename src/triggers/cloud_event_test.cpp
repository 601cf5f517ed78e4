#include "triggers/cloud_event.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace mayfly::triggers {
namespace {

namespace json = boost::json;

constexpr const char* one = R"({"id":"1","source":"shop","type":"t","data":{"a":1}})";

TEST(CloudEvent, OneABatchAndHeadersAreRead) {
    const auto single = read_cloud_events("application/cloudevents+json", {}, one).value();
    ASSERT_EQ(single.size(), 1u);
    EXPECT_EQ(single[0].at("specversion"), "1.0");
    const auto batch =
        read_cloud_events("application/cloudevents-batch+json", {}, std::string("[") + one + "]");
    EXPECT_EQ(batch.value(), single);
    const auto binary =
        read_cloud_events("application/json",
                          {{"Ce-Id", "1"}, {"ce-source", "a%20b"}, {"ce-type", "t"}}, R"({"a":1})")
            .value();
    EXPECT_EQ(binary[0].at("source"), "a b");
    EXPECT_EQ(binary[0].at("data"), json::parse(R"({"a":1})"));
    EXPECT_EQ(read_cloud_events("text/plain",
                                {{"ce-id", "1"}, {"ce-source", "s"}, {"ce-type", "t"}}, "words")
                  .value()[0]
                  .at("data"),
              "words");
}

TEST(CloudEvent, WhatIsNoneIsRefused) {
    for (const auto* bad :
         {"", "1", "[]", "[1]", R"({"id":"1","source":"s"})",
          R"({"id":"","source":"s","type":"t"})", R"({"id":1,"source":"s","type":"t"})",
          R"({"id":"1","source":"s","type":"t","specversion":"0.3"})"})
        EXPECT_EQ(read_cloud_events("", {}, bad).error().code, "InvalidArgument") << bad;
    std::string many = "[";
    for (int i = 0; i < 101; ++i) many += std::string(i ? "," : "") + one;
    EXPECT_FALSE(read_cloud_events("", {}, many + "]"));
    EXPECT_FALSE(read_cloud_events("", {{"ce-id", "1"}}, ""));
}

}  // namespace
}  // namespace mayfly::triggers
