#include "catalog/async_configs.hpp"

#include "catalog/destination.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::catalog {
namespace {

using testing::HasSubstr;

TEST(AsyncConfigs, WhatIsNotNamedStaysAndNumbersHaveLimits) {
    const AsyncConfig before{.account = "1", .retries_max = 5, .on_failure = "https://h/x"};
    const auto after = apply(before, {.age_seconds_max = 100, .stateful = true}).value();
    EXPECT_EQ(after.retries_max, 5);
    EXPECT_EQ(after.age_max, Seconds(100));
    EXPECT_TRUE(after.stateful);
    EXPECT_EQ(after.on_failure, "https://h/x");
    EXPECT_EQ(apply(before, {.on_failure = ""}).value().on_failure, "");
    for (const auto& bad :
         {AsyncChange{.retries_max = 9}, AsyncChange{.retries_max = -1},
          AsyncChange{.age_seconds_max = 0}, AsyncChange{.age_seconds_max = 2'592'001},
          AsyncChange{.concurrency = 1001}, AsyncChange{.on_success = "x"}})
        EXPECT_EQ(apply(before, bad).error().code, "InvalidArgument");
}

TEST(Destination, FunctionsAndWebhooksAreRead) {
    const auto f =
        parse_destination("acs:fc:cn-hangzhou:1:services/s.prod/functions/f", "1").value();
    EXPECT_EQ(f.target.service, "s");
    EXPECT_EQ(f.target.qualifier, "prod");
    EXPECT_EQ(f.target.function, "f");
    EXPECT_EQ(function_arn(f.target, "r"), "acs:fc:r:1:services/s.prod/functions/f");
    EXPECT_EQ(parse_destination("https://h/x?y", "1").value().url, "https://h/x?y");
}

TEST(Destination, EverythingElseIsRefusedWithTheReason) {
    const auto refusal = [](std::string_view text) {
        const auto read = parse_destination(text, "1");
        return read ? std::string() : read.error().what;
    };
    EXPECT_THAT(refusal("acs:fc:r:2:services/s/functions/f"), HasSubstr("account 2"));
    EXPECT_THAT(refusal("acs:mns:r:1:/queues/q/messages"), HasSubstr("message queues"));
    EXPECT_THAT(refusal("acs:fc:r:1:services/s"), HasSubstr("SERVICE/functions/"));
    for (const auto* bad : {"", "f", "ftp://h/", "http://", "https:///x", "http://u:p@h/",
                            "http://h/\n", "acs:fc:r:1:services//functions/f"})
        EXPECT_NE(refusal(bad), "") << bad;
}

}  // namespace
}  // namespace mayfly::catalog
