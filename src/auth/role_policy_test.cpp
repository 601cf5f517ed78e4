#include "auth/role_policy.hpp"
#include "auth/roles.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

RolePolicy policy(const std::string& statements) {
    auto read = RolePolicy::read(R"({"Version": "1", "Statement": [)" + statements + "]}");
    EXPECT_TRUE(read) << read.error().what;
    return *std::move(read);
}

TEST(RolePolicies, AllowWhatTheySayAndNothingElse) {
    const auto reads = policy(
        R"({"Effect": "Allow", "Action": ["oss:Get*", "oss:ListObjects"],
            "Resource": ["acs:oss:*:*:photos", "acs:oss:*:17:photos/in/*"]})");
    EXPECT_EQ(reads.says("GetObject", "photos/in/a"), Says::allows);
    EXPECT_EQ(reads.says("ListBucket", "photos"), Says::allows);  // S3's name of it
    EXPECT_EQ(reads.says("GetObject", "photos/out/a"), Says::nothing);
    EXPECT_EQ(reads.says("PutObject", "photos/in/a"), Says::nothing);
    EXPECT_EQ(reads.says("ListAllMyBuckets", ""), Says::nothing);
}

TEST(RolePolicies, DenyBeforeTheyAllow) {
    const auto most = policy(
        R"({"Effect": "Allow", "Action": "*", "Resource": "*"},
           {"Effect": "Deny", "Action": "s3:Delete?bject", "Resource": "arn:aws:s3:::photos/*"})");
    EXPECT_EQ(most.says("DeleteObject", "photos/a"), Says::denies);
    EXPECT_EQ(most.says("DeleteObject", "others/a"), Says::allows);
    EXPECT_EQ(most.says("ListAllMyBuckets", ""), Says::allows);
}

TEST(RolePolicies, OfOtherServicesSayNothingOfObjects) {
    const auto both = policy(
        R"({"Effect": "Allow", "Action": ["fc:InvokeFunction", "log:*"], "Resource": "acs:fc:*:*:x"},
           {"Effect": "Deny", "Action": "mns:*", "Resource": "*"})");
    EXPECT_EQ(both.says("GetObject", "photos/a"), Says::nothing);
}

TEST(RolePolicies, ThatAreNotUnderstoodAreRefused) {
    const auto code = [](const char* document) {
        const auto read = RolePolicy::read(document);
        return read ? "" : read.error().code;
    };
    EXPECT_EQ(code("{"), "MalformedPolicy");
    EXPECT_EQ(code(R"({"Statement": []})"), "MalformedPolicy");
    EXPECT_EQ(code(R"({"Statement": [{"Effect": "Allow", "Action": "oss:*"}]})"),
              "MalformedPolicy");
    EXPECT_EQ(code(R"({"Statement": [{"Effect": "Allow", "Action": "Get", "Resource": "*"}]})"),
              "MalformedPolicy");
    EXPECT_EQ(code(R"({"Statement": [{"Effect": "Allow", "Action": "oss:*", "Resource": "b/*"}]})"),
              "MalformedPolicy");
    EXPECT_EQ(code(R"({"Statement": [{"Effect": "Yes", "Action": "oss:*", "Resource": "*"}]})"),
              "MalformedPolicy");
    for (const auto* member : {"Condition", "NotAction", "NotResource", "Principal"})
        EXPECT_EQ(code((R"({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*", ")" +
                        std::string(member) + R"(": "*"}]})")
                           .c_str()),
                  "NotImplemented");
}

TEST(Roles, AreFoundByTheirArnAndKeptAsText) {
    Roles roles;
    const auto all = R"({"Effect": "Allow", "Action": "*", "Resource": "*"})";
    ASSERT_TRUE(roles.put("17", "worker", policy(all)));
    for (const auto* arn : {"acs:ram::17:role/worker", "arn:aws:iam::17:role/worker"})
        EXPECT_TRUE(roles.of(arn)) << arn;
    for (const auto* arn : {"acs:ram::18:role/worker", "acs:ram::17:role/other", "worker", ""})
        EXPECT_FALSE(roles.of(arn)) << arn;
    const auto again = Roles::from_text(roles.to_text());
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->of("acs:ram::17:role/worker")->says("GetObject", "b/k"), Says::allows);
    for (const auto* bad : {"", "{}", R"({"format": 2, "roles": []})",
                            R"({"format": 1, "roles": [{"accountId": "17"}]})"})
        EXPECT_FALSE(Roles::from_text(bad)) << bad;
    EXPECT_TRUE(roles.remove("17", "worker"));
    EXPECT_FALSE(roles.remove("17", "worker"));
    for (const auto* name : {"", "a/b", "a b"}) EXPECT_FALSE(roles.put("17", name, policy(all)));
}

}  // namespace
}  // namespace mayfly::auth
