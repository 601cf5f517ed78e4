// The "FC" signature scheme of API 2016-08-15: who signed this request, and is it unchanged?
//
//   Authorization: FC {accessKeyId}:{base64(HMAC-SHA256(secret, text))}
//   text = METHOD \n Content-MD5 \n Content-Type \n Date \n {x-fc-name:value \n, sorted} resource
//
// x-fc-date takes the place of Date where it is sent. Empty x-fc headers count. The resource is the
// path; for HTTP triggers (/{version}/proxy/…) it is the path, a newline and the query's
// parameters, un-escaped, sorted, a line each. Clients differ in whether the path is the one sent
// or its decoded form: both are tried. Content-MD5 is only text to sign: clients disagree on what
// it holds.
//
// The time comes in; the memo changes what it costs and nothing else.
#pragma once

#include "auth/keys.hpp"
#include "auth/signature_memo.hpp"
#include "auth/temporary_keys.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace mayfly::auth {

// What is signed of a request, as views of it.
struct SignedRequest {
    std::string_view method;
    std::string_view path;   // as sent, percent-encoded
    std::string_view query;  // as sent, without '?'
    std::span<const std::pair<std::string, std::string>> headers;
};

// How far the clocks of client and server may be apart.
inline constexpr auto clock_skew_max = std::chrono::minutes(15);

// The key that signed the request by its Authorization header. The reference is the ring's.
// denied, with these codes: AccessDenied (no or another Authorization, no date, a stale one),
// InvalidAccessKeyID, SignatureNotMatch.
Result<const AccessKey*> verify_fc(const KeyRing& keys, const SignedRequest& request, WallTime now,
                                   SignatureMemo& memo);

// The same for a request whose key is temporary; its token is one of the signed headers.
// denied: also what TemporaryKeys::find says.
Result<TemporaryKey> verify_fc_temporary(const TemporaryKeys& keys, const SignedRequest& request,
                                         WallTime now, SignatureMemo& memo);

// The id of the key that the Authorization header names; empty if it names none.
std::string_view key_id_of(const SignedRequest& request);

// The value for the Authorization header of a request that has all its other headers.
std::string sign_fc(const AccessKey& key, const SignedRequest& request);

// Signed URLs carry the signature in the query: x-fc-access-key-id, x-fc-expires (unix seconds),
// x-fc-signature; the expiry stands where the date would.
bool is_signed_url(std::string_view query);

// As verify_fc, for a signed URL. denied: also when it has expired (AccessDenied).
Result<const AccessKey*> verify_fc_url(const KeyRing& keys, const SignedRequest& request,
                                       WallTime now, SignatureMemo& memo);

// The query that makes a GET of `path` (decoded) a signed URL; `query` are parameters to sign with
// it.
std::string sign_fc_url(const AccessKey& key, std::string_view path, std::string_view query,
                        WallTime expires);

}  // namespace mayfly::auth
