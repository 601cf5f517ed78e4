// Alibaba Cloud OSS's signatures: version 1 and 4, in the Authorization header or in the query.
// Pure.
//
//   V1: base64(HMAC-SHA1(secret, METHOD \n Content-MD5 \n Content-Type \n date \n {x-oss-…:v \n}
//   resource)) V4: hex(HMAC-SHA256(derived key, "OSS4-HMAC-SHA256\n" time "\n" scope "\n"
//   sha256(canonical))) canonical = METHOD \n /bucket/key \n query \n {name:value \n} \n additional
//   names \n payload hash
//
// The resource is /bucket/key whatever way the request was addressed, with V1 decoded and followed
// by the sub-resources of a fixed list. V4 signs a sub-resource as "acl" but an ordinary parameter
// without a value as "prefix="; both travel as "name=", so several readings of the query are tried.
#pragma once

#include "auth/keys.hpp"
#include "auth/signed_parts.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mayfly::auth {

// What a request may mean: "/", "/bucket/" or "/bucket/key", decoded.
struct OssSigned {
    const AccessKey* key = nullptr;  // the ring's
    std::size_t resource = 0;        // which of the readings was signed
};

bool is_oss(const SignedRequest& request);  // by its Authorization header
bool is_oss_url(std::string_view query);

// `resources`: the readings of the address, likeliest first; at least one.
// denied, invalid: as verify_aws_v4.
Result<OssSigned> verify_oss(const KeyRing& keys, const SignedRequest& request,
                             std::span<const std::string> resources, WallTime now);
Result<OssSigned> verify_oss_url(const KeyRing& keys, const SignedRequest& request,
                                 std::span<const std::string> resources, WallTime now);

}  // namespace mayfly::auth
