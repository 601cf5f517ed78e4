// Who sent this request, by the "FC" scheme: an Authorization header or a signed URL.
#pragma once

#include "auth/keys.hpp"
#include "auth/signature_memo.hpp"
#include "auth/temporary_keys.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "door/http.hpp"

namespace mayfly::door {

// Whom a request is from.
struct Caller {
    AccountId account;
    bool is_function = false;  // by a temporary key: it calls and reads, and changes nothing
    std::optional<CausedBy> caused_by{};  // then: the event of the call that asks
    std::string traceparent{};            // and its span, if it is traced
};

// By the key that signed the request. Signed URLs are accepted for a function's code and for
// HTTP triggers, as FC does; everything else needs the header.
// denied: AccessDenied, InvalidAccessKeyID or SignatureNotMatch (auth/fc_signature.hpp).
Result<Caller> identify(const auth::KeyRing& keys, const auth::TemporaryKeys* temporary,
                        const Request& request, WallTime now, auth::SignatureMemo& memo);

// denied (AccessDenied): a function asks for what only its account's own keys may.
Result<void> check_rights(const Caller& caller, const Request& request);

}  // namespace mayfly::door
