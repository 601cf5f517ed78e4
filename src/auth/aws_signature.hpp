// Amazon's signatures, as S3 clients make them: version 4 in the Authorization header or in the
// query (presigned), and version 2 in the query, which boto3 and s3cmd still presign with. Pure.
//
//   V4: hex(HMAC-SHA256(derived key, "AWS4-HMAC-SHA256\n" time "\n" scope "\n" sha256(canonical)))
//   canonical = METHOD \n path \n query \n {name:value \n} \n signed header names \n payload hash
//
// The path is decoded and encoded once; the query is sorted by name, always "k=v". Whatever the
// list of signed headers names is signed; it must name host, and every x-amz- header that was sent.
#pragma once

#include "auth/keys.hpp"
#include "auth/signed_parts.hpp"

#include <string>
#include <string_view>

namespace mayfly::auth {

// A request that was signed rightly, and what its body's chunks are signed with.
struct AwsSigned {
    const AccessKey* key = nullptr;  // the ring's
    std::string payload;             // x-amz-content-sha256, or UNSIGNED-PAYLOAD
    std::string time, scope, signing_key, signature;
    bool presigned = false;
};

bool is_aws_v4(const SignedRequest& request);  // by its Authorization header
bool is_aws_v4_url(std::string_view query);
bool is_aws_v2(const SignedRequest& request);
bool is_aws_v2_url(std::string_view query);

// denied: InvalidAccessKeyId, SignatureDoesNotMatch, RequestTimeTooSkewed, AccessDenied (expired,
// or a header that must be signed is not); invalid: AuthorizationHeaderMalformed,
// AuthorizationQueryParametersError.
Result<AwsSigned> verify_aws_v4(const KeyRing& keys, const SignedRequest& request, WallTime now);
Result<AwsSigned> verify_aws_v4_url(const KeyRing& keys, const SignedRequest& request,
                                    WallTime now);
// `host_bucket`: the bucket that only the Host header names; empty if the path has it.
Result<AwsSigned> verify_aws_v2(const KeyRing& keys, const SignedRequest& request,
                                std::string_view host_bucket, WallTime now);
Result<AwsSigned> verify_aws_v2_url(const KeyRing& keys, const SignedRequest& request,
                                    std::string_view host_bucket, WallTime now);

// The signature of a chunk whose bytes hash to `sha256_hex`, after the signature before it; and
// that of the trailer ("name:value\n" each, sorted as sent).
std::string aws_chunk_signature(const AwsSigned& request, std::string_view before,
                                std::string_view sha256_hex);
std::string aws_trailer_signature(const AwsSigned& request, std::string_view before,
                                  std::string_view trailer);

// What a client adds to a request that has all its other headers: x-amz-date, x-amz-content-sha256
// and Authorization. `payload`: the hash of the body, or UNSIGNED-PAYLOAD.
std::vector<std::pair<std::string, std::string>> sign_aws_v4(const AccessKey& key,
                                                             const SignedRequest& request,
                                                             std::string_view payload, WallTime now,
                                                             std::string_view region = "us-east-1");

}  // namespace mayfly::auth
