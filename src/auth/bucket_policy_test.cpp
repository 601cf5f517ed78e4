#include "auth/bucket_policy.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

using Says = BucketPolicy::Says;

std::string statement(std::string_view effect, std::string_view principal, std::string_view action,
                      std::string_view resource) {
    return fmt::format(R"({{"Effect":"{}","Principal":{},"Action":{},"Resource":{}}})", effect,
                       principal, action, resource);
}

BucketPolicy policy(std::string_view statements) {
    auto read = BucketPolicy::read(fmt::format(R"({{"Version":"1","Statement":[{}]}})", statements),
                                   "photos");
    EXPECT_TRUE(read) << read.error().what;
    return *std::move(read);
}

std::string refused(std::string_view document) {
    const auto read = BucketPolicy::read(document, "photos");
    return read ? "accepted" : read.error().code;
}

constexpr auto kAll = R"("arn:aws:s3:::photos/*")";

TEST(BucketPolicyTest, AllowsWhomItNamesWhatItNamesWhereItNames) {
    const auto p = policy(
        statement("Allow", R"("*")", R"(["s3:GetObject"])", R"("arn:aws:s3:::photos/out/*")"));
    EXPECT_EQ(p.says({"", "", "GetObject", "photos/out/a"}), Says::allows);
    EXPECT_EQ(p.says({"18", "", "GetObject", "photos/out/a/b"}), Says::allows);
    EXPECT_EQ(p.says({"", "", "GetObject", "photos/in/a"}), Says::nothing);
    EXPECT_EQ(p.says({"", "", "PutObject", "photos/out/a"}), Says::nothing);
}

TEST(BucketPolicyTest, DenialGoesFirst) {
    const auto p = policy(statement("Allow", R"("*")", R"("s3:*")", kAll) + "," +
                          statement("Deny", R"({"AWS":["17"]})", R"("s3:Delete*")", kAll));
    EXPECT_EQ(p.says({"17", "", "DeleteObject", "photos/a"}), Says::denies);
    EXPECT_EQ(p.says({"17", "", "GetObject", "photos/a"}), Says::allows);
    EXPECT_EQ(p.says({"18", "", "DeleteObject", "photos/a"}), Says::allows);
}

TEST(BucketPolicyTest, KnowsRolesInEachWayTheyAreWritten) {
    const auto* role = "acs:ram::17:role/thumbs";
    for (const auto* named :
         {R"("acs:ram::17:role/thumbs")", R"({"AWS":"arn:aws:iam::17:role/thumbs"})",
          R"(["arn:sts::17:assumed-role/thumbs/*"])"}) {
        const auto p = policy(statement("Deny", named, R"("oss:PutObject")", kAll));
        EXPECT_EQ(p.says({"17", role, "PutObject", "photos/a"}), Says::denies) << named;
        EXPECT_EQ(p.says({"17", "acs:ram::17:role/other", "PutObject", "photos/a"}), Says::nothing);
        EXPECT_EQ(p.says({"17", "", "PutObject", "photos/a"}), Says::nothing);
    }
}

TEST(BucketPolicyTest, KnowsBothDialectsNamesOfAnAction) {
    const auto p = policy(statement("Allow", R"(["18"])", R"(["oss:ListObjects","oss:Get*"])",
                                    R"(["acs:oss:*:17:photos","acs:oss:*:17:photos/*"])"));
    EXPECT_EQ(p.says({"18", "", "ListBucket", "photos"}), Says::allows);
    EXPECT_EQ(p.says({"18", "", "GetObject", "photos/a"}), Says::allows);
    EXPECT_EQ(p.says({"18", "", "ListBucketVersions", "photos"}), Says::nothing);
}

TEST(BucketPolicyTest, GlobsTakeTheirTime) {
    const auto p =
        policy(statement("Allow", R"("*")", R"("*")", R"("arn:aws:s3:::photos/*a*a*a*a*a*b?")"));
    EXPECT_EQ(p.says({"", "", "GetObject", "photos/" + std::string(5000, 'a')}), Says::nothing);
    EXPECT_EQ(p.says({"", "", "GetObject", "photos/aaaaabc"}), Says::allows);
}

TEST(BucketPolicyTest, WhatIsNotUnderstoodIsRefused) {
    const auto with = [](std::string_view more) {
        return fmt::format(
            R"({{"Statement":[{{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*"{}}}]}})",
            more);
    };
    EXPECT_EQ(refused(with("")), "accepted");
    EXPECT_EQ(refused(with(R"(,"Condition":{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}})")),
              "NotImplemented");
    EXPECT_EQ(refused(with(R"(,"NotAction":"s3:GetObject")")), "NotImplemented");
    EXPECT_EQ(
        refused(
            R"({"Statement":[{"Effect":"Allow","Principal":{"Service":"x"},"Action":"s3:*","Resource":"arn:aws:s3:::photos/*"}]})"),
        "NotImplemented");
    for (
        const auto* bad :
        {"", "[]", "{}", R"({"Statement":[]})", R"({"Statement":[1]})",
         R"({"Statement":[{"Effect":"Maybe","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::photos/*"}]})",
         R"({"Statement":[{"Effect":"Allow","Principal":[],"Action":"s3:*","Resource":"arn:aws:s3:::photos/*"}]})",
         R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"ec2:*","Resource":"arn:aws:s3:::photos/*"}]})",
         R"({"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}]})"})
        EXPECT_EQ(refused(bad), "MalformedPolicy") << bad;
}

}  // namespace
}  // namespace mayfly::auth
