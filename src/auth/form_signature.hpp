// Who signed a browser's form: its policy field, as sent (base64), is what is signed. Pure.
//
//   S3   V2  AWSAccessKeyId, signature = base64(HMAC-SHA1(secret, policy))
//        V4  x-amz-algorithm, x-amz-credential, x-amz-date,
//            x-amz-signature = hex(HMAC-SHA256(derived key, policy))
//   OSS  V1  OSSAccessKeyId, Signature = as S3's V2
//        V4  x-oss-signature-version (OSS4-HMAC-SHA256), x-oss-credential, x-oss-date,
//            x-oss-signature = as S3's V4, derived for OSS
#pragma once

#include "auth/form_policy.hpp"
#include "auth/keys.hpp"
#include "base/result.hpp"

#include <string>

namespace mayfly::auth {

// As the form claims it, before anything is verified.
struct ClaimedForm {
    bool oss = false;   // OSS's fields, not S3's
    std::string id;     // of the key; empty: the form claims none
    std::string token;  // of a temporary key
};
ClaimedForm claimed_form(const FormFields& fields);

// The key that signed the form's policy.
// denied: InvalidAccessKeyId, SignatureDoesNotMatch, AccessDenied (no policy, so nothing is
// signed); invalid: AuthorizationHeaderMalformed (a credential, a date or an algorithm is not of
// its form).
Result<const AccessKey*> verify_form(const KeyRing& keys, const FormFields& fields);

}  // namespace mayfly::auth
