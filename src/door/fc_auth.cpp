#include "door/fc_auth.hpp"

#include "auth/fc_signature.hpp"

namespace mayfly::door {

namespace {

bool may_be_signed_url(const Request& request) {
    return !request.headers.has("Authorization") && auth::is_signed_url(request.query) &&
           (request.path.ends_with("/code") || request.path.find("/proxy/") != request.path.npos);
}

}  // namespace

Result<Caller> identify(const auth::KeyRing& keys, const auth::TemporaryKeys* temporary,
                        const Request& request, WallTime now, auth::SignatureMemo& memo) {
    const auth::SignedRequest is_signed{request.method,
                                        request.path,
                                        request.query,
                                        {request.headers.begin(), request.headers.end()}};
    if (temporary && auth::TemporaryKeys::is_temporary(auth::key_id_of(is_signed))) {
        TRY(const auto key, auth::verify_fc_temporary(*temporary, is_signed, now, memo));
        return Caller{key.key.account, true, key.caused_by, key.traceparent};
    }
    TRY(const auto* key, may_be_signed_url(request)
                             ? auth::verify_fc_url(keys, is_signed, now, memo)
                             : auth::verify_fc(keys, is_signed, now, memo));
    return Caller{key->account};
}

Result<void> check_rights(const Caller& caller, const Request& request) {
    const bool is_call = request.method == "POST" && request.path.ends_with("/invocations");
    const bool reads = request.method == "GET" && request.path.starts_with("/2016-08-15/");
    const bool publishes = request.method == "POST" && request.path == "/mayfly/v1/publish";
    if (!caller.is_function || is_call || reads || publishes) return {};
    return fail(Kind::denied,
                "a function's temporary key calls functions, publishes events and reads; to change "
                "something, sign with a key of the account",
                "AccessDenied");
}

}  // namespace mayfly::door
