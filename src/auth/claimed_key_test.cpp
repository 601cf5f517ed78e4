#include "auth/claimed_key.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

ClaimedKey claimed(const Headers& headers, std::string_view query = "") {
    return claimed_object_key(SignedRequest{"GET", "/b/k", query, headers});
}

TEST(ClaimedKey, EachSchemeNamesItsKey) {
    EXPECT_EQ(claimed({{"Authorization", "OSS STS.a1:c2ln"}}).id, "STS.a1");
    EXPECT_EQ(claimed({{"authorization", "AWS STS.a1:c2ln"}}).id, "STS.a1");
    EXPECT_EQ(claimed({{"Authorization",
                        "OSS4-HMAC-SHA256 Credential=STS.a1/20260101/x/oss/"
                        "aliyun_v4_request,Signature=0"}})
                  .id,
              "STS.a1");
    EXPECT_EQ(claimed({}, "X-Amz-Credential=STS.a1%2F20260101%2Fx%2Fs3%2Faws4_request").id,
              "STS.a1");
    EXPECT_EQ(claimed({}, "x-oss-credential=STS.a1%2F20260101%2Fx%2Foss%2Faliyun_v4_request").id,
              "STS.a1");
    EXPECT_EQ(claimed({}, "OSSAccessKeyId=STS.a1&Expires=1").id, "STS.a1");
    EXPECT_EQ(claimed({}, "AWSAccessKeyId=STS.a1&Expires=1").id, "STS.a1");
}

TEST(ClaimedKey, TheTokenComesWhereEachSchemePutsIt) {
    EXPECT_EQ(claimed({{"x-oss-security-token", "t.s"}}).token, "t.s");
    EXPECT_EQ(claimed({{"X-Amz-Security-Token", "t.s"}}).token, "t.s");
    EXPECT_EQ(claimed({}, "security-token=t.s%3D").token, "t.s=");
    EXPECT_EQ(claimed({}, "X-Amz-Security-Token=t.s").token, "t.s");
}

TEST(ClaimedKey, WhatIsNotSignedClaimsNone) {
    for (const auto* text : {"", "OSS", "OSS nothing", ":", "Bearer x"})
        EXPECT_EQ(claimed({{"Authorization", text}}).id, "") << text;
    EXPECT_EQ(claimed({}, "prefix=a").id, "");
}

}  // namespace
}  // namespace mayfly::auth
