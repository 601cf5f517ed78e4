#include "auth/form_policy.hpp"
#include "auth/form_signature.hpp"
#include "auth/http_date.hpp"
#include "auth/signed_parts.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

const WallTime kNow = *parse_http_date("2026-05-06T12:00:00Z");

std::string code_of(const Result<void>& result) { return result ? "" : result.error().code; }

FormPolicy policy(const std::string& conditions) {
    auto read = FormPolicy::read(R"({"expiration": "2026-05-06T12:00:01.000Z", "conditions": [)" +
                                 conditions + "]}");
    EXPECT_TRUE(read) << read.error().what;
    return *std::move(read);
}

TEST(FormPolicies, PermitWhatEachConditionSays) {
    struct Case {
        const char *condition, *key;
        bool permitted;
    };
    for (const auto& [condition, key, permitted] : std::initializer_list<Case>{
             {R"(["eq", "$key", "a"])", "a", true},
             {R"(["eq", "$key", "a"])", "A", false},
             {R"({"Key": "a"})", "a", true},
             {R"({"key": "a"})", "b", false},
             {R"(["starts-with", "$KEY", "in/"])", "in/x", true},
             {R"(["starts-with", "$key", "in/"])", "out/in/", false},
             {R"(["starts-with", "$key", ""])", "any", true},
             {R"(["in", "$key", ["a", "b"]])", "b", true},
             {R"(["in", "$key", ["a", "b"]])", "c", false},
             {R"(["not-in", "$key", ["a", "b"]])", "c", true},
             {R"(["not-in", "$key", ["a", "b"]])", "a", false},
             {R"({"bucket": "photos"}, {"key": "a"})", "a", true},
             {R"({"bucket": "others"}, {"key": "a"})", "a", false},
         })
        EXPECT_EQ(code_of(policy(condition).permit({{"key", key}}, "photos", true, kNow)),
                  permitted ? "" : "AccessDenied")
            << condition << " " << key;
}

TEST(FormPolicies, AreOverWhenTheyExpire) {
    const auto any = policy("");
    EXPECT_EQ(code_of(any.permit({}, "b", true, kNow + Seconds{1})), "");
    EXPECT_EQ(code_of(any.permit({}, "b", true, kNow + Seconds{2})), "AccessDenied");
}

TEST(FormPolicies, NameEveryFieldWhereTheyMust) {
    const auto one = policy(R"({"key": "a"})");
    const FormFields fields{{"key", "a"}, {"acl", "public-read"}};
    EXPECT_EQ(code_of(one.permit(fields, "b", true, kNow)), "AccessDenied");
    EXPECT_EQ(code_of(one.permit(fields, "b", false, kNow)), "");
    EXPECT_EQ(code_of(one.permit({{"key", "a"}, {"X-Ignore-this", ""}, {"Policy", "x"}}, "b", true,
                                 kNow)),
              "");
}

TEST(FormPolicies, AFieldThatIsNotThereIsEmpty) {
    EXPECT_EQ(
        code_of(policy(R"(["starts-with", "$x-amz-meta-a", ""])").permit({}, "b", true, kNow)), "");
    EXPECT_EQ(code_of(policy(R"({"acl": "private"})").permit({}, "b", true, kNow)), "AccessDenied");
}

TEST(FormPolicies, SayHowLargeAFileMayBe) {
    const auto two =
        policy(R"(["content-length-range", 1, 100], ["content-length-range", "5", "200"])");
    EXPECT_EQ(two.bytes_min(), 5u);
    EXPECT_EQ(two.bytes_max(), 100u);
}

TEST(FormPolicies, ThatAreNotUnderstoodAreRefused) {
    for (const auto* document : {
             "",
             "[]",
             "{}",
             R"({"expiration": "soon", "conditions": []})",
             R"({"expiration": "2026-05-06T12:00:01Z"})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": {}})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": [["like", "$key", "x"]]})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": [["eq", "key", "x"]]})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": [["eq", "$key"]]})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": [["eq", "$key", ["x"]]]})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": [["in", "$key", "x"]]})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": [{"key": 1}]})",
             R"({"expiration": "2026-05-06T12:00:01Z", "conditions": ["x"]})",
             R"({"expiration": "2026-05-06T12:00:01Z",
                 "conditions": [["content-length-range", 9, 1]]})",
             R"({"expiration": "2026-05-06T12:00:01Z",
                 "conditions": [["content-length-range", -1, 1]]})",
         }) {
        const auto read = FormPolicy::read(document);
        ASSERT_FALSE(read) << document;
        EXPECT_EQ(read.error().code, "InvalidPolicyDocument");
    }
}

KeyRing ring() {
    KeyRing keys;
    keys.add({"AKID", "secret", "17"});
    return keys;
}

std::string verified(const FormFields& fields) {
    const auto keys = ring();
    const auto found = verify_form(keys, fields);
    return found ? (*found)->id : found.error().code;
}

// The policy as it stands in the form is signed, not what it decodes to.
TEST(Forms, OfVersion2AreSignedByTheirPolicy) {
    const auto signature = base64(hmac_sha1("secret", "cG9saWN5"));
    for (const auto* id : {"AWSAccessKeyId", "OSSAccessKeyId"}) {
        EXPECT_EQ(verified({{id, "AKID"}, {"Policy", "cG9saWN5"}, {"Signature", signature}}),
                  "AKID");
        EXPECT_EQ(verified({{id, "AKID"}, {"policy", "cG9saWN6"}, {"signature", signature}}),
                  "SignatureDoesNotMatch");
        EXPECT_EQ(verified({{id, "other"}, {"policy", "cG9saWN5"}, {"signature", signature}}),
                  "InvalidAccessKeyId");
        EXPECT_EQ(verified({{id, "AKID"}, {"signature", signature}}), "AccessDenied");
    }
}

TEST(Forms, OfVersion4AreSignedByTheirPolicyAndScope) {
    struct Scheme {
        const char *prefix, *before, *service, *end, *algorithm_field, *algorithm;
    };
    for (const auto& s :
         {Scheme{"x-amz-", "AWS4", "s3", "aws4_request", "x-amz-algorithm", "AWS4-HMAC-SHA256"},
          Scheme{"x-oss-", "aliyun_v4", "oss", "aliyun_v4_request", "x-oss-signature-version",
                 "OSS4-HMAC-SHA256"}}) {
        const auto key =
            derived_key(std::string(s.before) + "secret", "20260506", "r", s.service, s.end);
        const std::string prefix = s.prefix;
        const auto scope = std::string("/20260506/r/") + s.service + "/" + s.end;
        const FormFields good{{s.algorithm_field, s.algorithm},
                              {prefix + "credential", "AKID" + scope},
                              {prefix + "date", "20260506T010203Z"},
                              {"policy", "cG9saWN5"},
                              {prefix + "signature", hex(hmac_sha256(key, "cG9saWN5"))}};
        EXPECT_EQ(verified(good), "AKID");
        EXPECT_EQ(claimed_form(good).id, "AKID");
        EXPECT_EQ(claimed_form(good).oss, prefix == "x-oss-");
        const auto changed = [&](std::size_t which, std::string value) {
            auto fields = good;
            fields[which].second = std::move(value);
            return verified(fields);
        };
        EXPECT_EQ(changed(0, "none"), "AuthorizationHeaderMalformed");
        EXPECT_EQ(changed(1, "AKID/20260507/r/" + scope.substr(12)),
                  "AuthorizationHeaderMalformed");
        EXPECT_EQ(changed(1, "other" + scope), "InvalidAccessKeyId");
        EXPECT_EQ(changed(2, "yesterday"), "AuthorizationHeaderMalformed");
        EXPECT_EQ(changed(3, "cG9saWN6"), "SignatureDoesNotMatch");
        EXPECT_EQ(changed(4, ""), "SignatureDoesNotMatch");
    }
}

}  // namespace
}  // namespace mayfly::auth
