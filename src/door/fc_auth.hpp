// Who sent this request, by the "FC" scheme: an Authorization header or a signed URL.
#pragma once

#include "auth/keys.hpp"
#include "auth/signature_memo.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "door/http.hpp"

namespace mayfly::door {

// The account whose key signed the request. Signed URLs are accepted for a function's code and for
// HTTP triggers, as FC does; everything else needs the header.
// denied: AccessDenied, InvalidAccessKeyID or SignatureNotMatch (auth/fc_signature.hpp).
Result<AccountId> identify(const auth::KeyRing& keys, const Request& request, WallTime now,
                           auth::SignatureMemo& memo);

}  // namespace mayfly::door
