#include "auth/acs3_signature.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mayfly::auth {
namespace {

// A request that npm's @alicloud/fc20230330 sent.
struct Acs3 : testing::Test {
    void SetUp() override { keys.add({"id", "testAccessKeySecret", "1234567890123456"}); }

    Result<const AccessKey*> verify(std::string_view body = "") {
        return verify_acs3(keys, {method, path, query, headers}, hex(sha256(body)), now, nonces);
    }
    std::string code(std::string_view body = "") {
        const auto found = verify(body);
        return found ? "ok" : found.error().code;
    }
    std::string& header(std::string_view name) {
        for (auto& [known, value] : headers)
            if (known == name) return value;
        return headers.emplace_back(name, "").second;
    }

    KeyRing keys;
    Nonces nonces;
    std::string method = "GET", path = "/2023-03-30/functions/hello", query = "qualifier=LATEST";
    WallTime now = *parse_iso8601("2026-11-23T15:40:00Z");
    std::vector<std::pair<std::string, std::string>> headers{
        {"host", "127.0.0.1:18082"},
        {"x-acs-version", "2023-03-30"},
        {"x-acs-action", "GetFunction"},
        {"x-acs-date", "2026-11-23T15:32:47Z"},
        {"x-acs-signature-nonce",
         "7bf94fadf37b3c3296177d4a984dbb89fab3fa670f8752a531e951321ead889a"},
        {"x-acs-content-sha256",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"x-acs-credentials-provider", "static_ak"},
        {"Authorization",
         "ACS3-HMAC-SHA256 Credential=id,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
         "x-acs-credentials-provider;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature="
         "bf0b3de32393edb388de9e5cd3117bf99f8636ea546c3994c0f14355d1534b5e"}};
};

TEST_F(Acs3, ARealRequestIsKnownByItsKey) {
    const auto key = verify();
    ASSERT_TRUE(key) << key.error().what;
    EXPECT_EQ((*key)->account, "1234567890123456");
    EXPECT_EQ(code(), "AccessDenied") << "sent again";
}

TEST_F(Acs3, WhatWasChangedOnTheWayIsRefused) {
    for (auto* part : {&method, &path, &query, &header("host"), &header("x-acs-action")}) {
        const auto before = *part;
        *part += "x";
        EXPECT_EQ(code(), "SignatureNotMatch") << before;
        *part = before;
    }
    EXPECT_EQ(code("a body that was not there"), "SignatureNotMatch");
    keys.add({"id", "another secret", "1234567890123456"});
    EXPECT_EQ(code(), "SignatureNotMatch");
}

TEST_F(Acs3, EachRefusalHasItsOwnCode) {
    now += Seconds{3600};
    EXPECT_EQ(code(), "AccessDenied");
    now -= Seconds{3600};
    header("x-acs-security-token") = "not signed";
    EXPECT_EQ(code(), "AccessDenied");
    headers.pop_back();
    keys.remove("id");
    EXPECT_EQ(code(), "InvalidAccessKeyID");
    header("Authorization") = "ACS3-HMAC-SHA256 nonsense";
    EXPECT_EQ(code(), "AccessDenied");
    header("Authorization") = "FC id:x";
    EXPECT_EQ(code(), "AccessDenied");
}

}  // namespace
}  // namespace mayfly::auth
