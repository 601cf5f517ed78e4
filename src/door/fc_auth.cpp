#include "door/fc_auth.hpp"

#include "auth/fc_signature.hpp"

namespace mayfly::door {

namespace {

bool may_be_signed_url(const Request& request) {
    return !request.headers.has("Authorization") && auth::is_signed_url(request.query) &&
           (request.path.ends_with("/code") || request.path.find("/proxy/") != request.path.npos);
}

}  // namespace

Result<AccountId> identify(const auth::KeyRing& keys, const Request& request, WallTime now,
                           auth::SignatureMemo& memo) {
    const auth::SignedRequest is_signed{request.method,
                                        request.path,
                                        request.query,
                                        {request.headers.begin(), request.headers.end()}};
    TRY(const auto* key, may_be_signed_url(request)
                             ? auth::verify_fc_url(keys, is_signed, now, memo)
                             : auth::verify_fc(keys, is_signed, now, memo));
    return key->account;
}

}  // namespace mayfly::door
