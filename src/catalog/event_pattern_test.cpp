#include "catalog/event_pattern.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace mayfly::catalog {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

const json::object event =
    json::parse(R"({"source":"shop","type":"user.registered","tags":["a","b"],
    "data":{"age":20,"name":"Ada","vip":true,"none":null}})")
        .as_object();

std::string why(std::string_view pattern) {
    const auto read = read_pattern(pattern);
    EXPECT_TRUE(read) << (read ? "" : read.error().what);
    return mismatch(*read, event);
}

TEST(EventPattern, EveryFieldMustFitAndOneOfItsListIsEnough) {
    for (const auto* good :
         {"{}", "", R"({"source":["x","shop"]})", R"({"type":[{"prefix":"user."}]})",
          R"({"type":[{"suffix":"registered"}]})",
          R"({"data":{"name":[{"equals-ignore-case":"ADA"}]}})",
          R"({"data":{"age":[{"numeric":[">=",18,"<",65]}]}})", R"({"data":{"age":[20.0]}})",
          R"({"data":{"vip":[true],"none":[null]}})", R"({"tags":["b"]})",
          R"({"data":{"city":[{"exists":false}]}})", R"({"data":{"age":[{"exists":true}]}})",
          R"({"source":[{"anything-but":["a","b"]}]})", R"({"source":[{"anything-but":"a"}]})"})
        EXPECT_EQ(why(good), "") << good;
    for (const auto* bad :
         {R"({"source":["Shop"]})", R"({"source":["shop"],"type":["x"]})",
          R"({"data":{"age":[{"numeric":["<",20]}]}})",
          R"({"data":{"name":[{"numeric":["<",20]}]}})", R"({"data":{"city":["x"]}})",
          R"({"data":{"city":[{"anything-but":"x"}]}})", R"({"data":{"name":[{"exists":false}]}})",
          R"({"source":[{"anything-but":["shop"]}]})", R"({"source":{"x":["y"]}})",
          R"({"tags":["c"]})"})
        EXPECT_NE(why(bad), "") << bad;
    EXPECT_EQ(why(R"({"data":{"age":[21]}})"), "data.age is 20, not one of [21]");
    EXPECT_EQ(why(R"({"data":{"city":["x"]}})"), "data.city is absent, not one of [\"x\"]");
}

TEST(EventPattern, WhatIsNoneIsRefusedWithItsField) {
    const auto refusal = [](std::string_view pattern) {
        const auto read = read_pattern(pattern);
        return read ? std::string() : read.error().what;
    };
    EXPECT_THAT(refusal(R"({"a":{"b":"c"}})"), HasSubstr("'a.b' must be a list"));
    EXPECT_THAT(refusal(R"({"a":[{"like":"c"}]})"), HasSubstr("no test 'like'"));
    for (const auto* bad :
         {"[", "[]", R"({"a":[]})", R"({"a":[[1]]})", R"({"a":[{}]})", R"({"a":[{"prefix":1}]})",
          R"({"a":[{"exists":1}]})", R"({"a":[{"numeric":["<"]}]})",
          R"({"a":[{"numeric":["!",1]}]})", R"({"a":[{"anything-but":{}}]})",
          R"({"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":["x"]}}}}}}}}})"})
        EXPECT_NE(refusal(bad), "") << bad;
    EXPECT_NE(refusal(std::string(9000, ' ')), "");
}

}  // namespace
}  // namespace mayfly::catalog
