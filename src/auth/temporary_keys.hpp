// Keys for functions: what context.credentials holds. They need no list: whoever has the server's
// secret makes them and knows them again.
//
//   id      "STS." + 24 random hex digits
//   secret  base64(HMAC-SHA256(server, "secret" id))
//   token   P "." base64(HMAC-SHA256(server, P)), where P is in base64 and names the id, the
//           account, the service, the function, when it expires, the role, the event that
//           caused the call, and the call's span
//
// The secret of the server is made at its start and kept nowhere: keys end with it, as the workers
// that hold them do. Pure, but for chance and time that come in.
#pragma once

#include "auth/keys.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"
#include "model/call.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::auth {

// What a function may do is less than what its account may: it calls functions, publishes events,
// reads, and reads and writes objects; it changes no service, function, account or bucket.
struct TemporaryKey {
    AccessKey key;
    std::string token;
    std::string service, function;  // whose it is
    std::string role;               // its service's, as it was set: an ARN
    WallTime expires;
    std::optional<CausedBy> caused_by = {};  // the event that the call answers which holds it
    std::string traceparent = {};            // that call's span; empty if it is not traced
};

class TemporaryKeys {
public:
    explicit TemporaryKeys(Rng& rng);

    TemporaryKey make(const AccountId& account, std::string service, std::string function,
                      std::string role, WallTime expires,
                      const std::optional<CausedBy>& caused_by = {}, std::string traceparent = {});

    static bool is_temporary(std::string_view id) { return id.starts_with("STS."); }

    // The key that belongs to id and token.
    // denied: InvalidAccessKeyID (not one of ours), AccessDenied (it has expired, or no token).
    Result<TemporaryKey> find(std::string_view id, std::string_view token, WallTime now) const;

private:
    std::string secret_of(std::string_view id) const;
    std::string seal_of(std::string_view payload) const;

    Rng& rng_;
    std::string server_;
};

}  // namespace mayfly::auth
