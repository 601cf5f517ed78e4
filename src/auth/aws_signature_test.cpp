#include "auth/aws_signature.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The worked examples of Amazon's documentation of signature version 4 for S3.
const WallTime now = *parse_basic_time("20130524T000000Z");
constexpr auto empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

KeyRing ring() {
    KeyRing keys;
    keys.add({"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "1"});
    return keys;
}
const KeyRing keys = ring();

std::string authorization(std::string_view names, std::string_view signature) {
    return "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
           "SignedHeaders=" +
           std::string(names) + ",Signature=" + std::string(signature);
}

Headers get_object(
    std::string signature = "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") {
    return {
        {"Host", "examplebucket.s3.amazonaws.com"},
        {"Authorization", authorization("host;range;x-amz-content-sha256;x-amz-date", signature)},
        {"Range", "bytes=0-9"},
        {"x-amz-content-sha256", empty_hash},
        {"x-amz-date", "20130524T000000Z"}};
}

template <class T>
std::string code(const Result<T>& r) {
    return r ? "ok" : r.error().code;
}

TEST(AwsV4, TheDocumentedRequestIsAccepted) {
    const auto headers = get_object();
    const auto found = verify_aws_v4(keys, {"GET", "/test.txt", "", headers}, now);
    ASSERT_TRUE(found) << found.error().what;
    EXPECT_EQ(found->key->account, "1");
    EXPECT_EQ(found->payload, empty_hash);
}

TEST(AwsV4, WhatIsChangedIsNoticed) {
    auto headers = get_object();
    EXPECT_EQ(code(verify_aws_v4(keys, {"GET", "/test.tx", "", headers}, now)),
              "SignatureDoesNotMatch");
    EXPECT_EQ(code(verify_aws_v4(keys, {"PUT", "/test.txt", "", headers}, now)),
              "SignatureDoesNotMatch");
    EXPECT_EQ(code(verify_aws_v4(keys, {"GET", "/test.txt", "acl", headers}, now)),
              "SignatureDoesNotMatch");
    headers[2].second = "bytes=0-8";
    EXPECT_EQ(code(verify_aws_v4(keys, {"GET", "/test.txt", "", headers}, now)),
              "SignatureDoesNotMatch");
}

TEST(AwsV4, EachRefusalHasItsOwnCode) {
    const auto at = [&](const Headers& headers, WallTime t) {
        return code(verify_aws_v4(keys, {"GET", "/test.txt", "", headers}, t));
    };
    EXPECT_EQ(at(get_object(), now + std::chrono::minutes(16)), "RequestTimeTooSkewed");
    EXPECT_EQ(at(get_object(), now - std::chrono::minutes(16)), "RequestTimeTooSkewed");
    EXPECT_EQ(at(get_object(), now + std::chrono::minutes(14)), "ok");
    EXPECT_EQ(at(get_object("0"), now + std::chrono::minutes(16)), "SignatureDoesNotMatch")
        << "a stranger learns nothing of our clock";
    auto headers = get_object();
    headers.emplace_back("x-amz-acl", "public-read");  // added on the way
    EXPECT_EQ(at(headers, now), "AccessDenied");
    headers = get_object();
    headers[1].second.replace(headers[1].second.find("AKIA"), 4, "BKIA");
    EXPECT_EQ(at(headers, now), "InvalidAccessKeyId");
    headers[1].second = "AWS4-HMAC-SHA256 nonsense";
    EXPECT_EQ(at(headers, now), "AuthorizationHeaderMalformed");
}

TEST(AwsV4, TheDocumentedUrlIsAcceptedUntilItExpires) {
    const Headers headers{{"host", "examplebucket.s3.amazonaws.com"}};
    const std::string query =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-"
        "east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-"
        "SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
    const SignedRequest request{"GET", "/test.txt", query, headers};
    EXPECT_EQ(code(verify_aws_v4_url(keys, request, now + Seconds{86'400})), "ok");
    EXPECT_EQ(code(verify_aws_v4_url(keys, request, now + Seconds{86'401})), "AccessDenied");
    EXPECT_EQ(code(verify_aws_v4_url(keys, request, now - Seconds{3600})), "RequestTimeTooSkewed");
    const auto longer = query + "&X-Amz-Expires=99999";
    EXPECT_EQ(code(verify_aws_v4_url(keys, {"GET", "/test.txt", longer, headers}, now)),
              "SignatureDoesNotMatch");
}

TEST(AwsV4, TheDocumentedChunksFollowFromTheirRequest) {
    const Headers headers{
        {"Host", "s3.amazonaws.com"},
        {"x-amz-date", "20130524T000000Z"},
        {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
        {"Authorization",
         authorization("content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-"
                       "decoded-content-length;x-amz-storage-class",
                       "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")},
        {"x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"},
        {"Content-Encoding", "aws-chunked"},
        {"x-amz-decoded-content-length", "66560"},
        {"Content-Length", "66824"}};
    const auto found =
        verify_aws_v4(keys, {"PUT", "/examplebucket/chunkObject.txt", "", headers}, now);
    ASSERT_TRUE(found) << found.error().what;
    const auto first =
        aws_chunk_signature(*found, found->signature, hex(sha256(std::string(65536, 'a'))));
    EXPECT_EQ(first, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    const auto second = aws_chunk_signature(*found, first, hex(sha256(std::string(1024, 'a'))));
    EXPECT_EQ(second, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    EXPECT_EQ(aws_chunk_signature(*found, second, empty_hash),
              "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

TEST(AwsV4, WhatIsSignedHereIsAcceptedHere) {
    const auto* key = keys.find("AKIAIOSFODNN7EXAMPLE");
    Headers headers{{"host", "127.0.0.1:7401"}, {"Content-Type", "text/x"}};
    for (auto& field :
         sign_aws_v4(*key, {"PUT", "/b/a%20b", "x=1&a=%2F", headers}, "UNSIGNED-PAYLOAD", now))
        headers.push_back(field);
    EXPECT_EQ(code(verify_aws_v4(keys, {"PUT", "/b/a%20b", "x=1&a=%2F", headers}, now)), "ok");
}

}  // namespace
}  // namespace mayfly::auth
