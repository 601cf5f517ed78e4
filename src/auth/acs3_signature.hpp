// The signature of API 2021-04-06 and 2023-03-30: who signed this request, and is it unchanged?
//
//   Authorization: ACS3-HMAC-SHA256 Credential={id},SignedHeaders={a;b;c},Signature={hex}
//   hex(HMAC-SHA256(secret, "ACS3-HMAC-SHA256\n" hex(sha256(canonical))))
//   canonical = METHOD \n path \n query \n {name:value \n} \n signed header names \n payload hash
//
// The path is the one sent; the query is sorted, always "k=v", encoded by RFC 3986. Host and every
// x-acs- header that was sent must be signed. x-fc- headers are not: the scheme leaves them out.
#pragma once

#include "auth/fc_signature.hpp"
#include "auth/keys.hpp"
#include "auth/nonces.hpp"
#include "base/result.hpp"

#include <string_view>

namespace mayfly::auth {

bool is_acs3(const SignedRequest& request);  // by its Authorization header

// The key that signed the request; it is the ring's. `body_sha256`: of the body that came, in lower
// hex. denied: AccessDenied (no or another Authorization, a header that must be signed is not, no
// date, a stale one, a nonce that was taken before), InvalidAccessKeyID, SignatureNotMatch (the
// body counts).
Result<const AccessKey*> verify_acs3(const KeyRing& keys, const SignedRequest& request,
                                     std::string_view body_sha256, WallTime now, Nonces& nonces);

}  // namespace mayfly::auth
