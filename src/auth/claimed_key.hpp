// Whose key a request to the object store claims to be signed with, whatever its scheme: looked at
// before it is verified, for keys that stand in no list. Pure.
#pragma once

#include "auth/fc_signature.hpp"

#include <string>

namespace mayfly::auth {

struct ClaimedKey {
    std::string id;     // empty: the request claims none
    std::string token;  // of a temporary key; every scheme signs it
};

// Of AWS V2 and V4, OSS V1 and V4, each in the Authorization header or in the query.
ClaimedKey claimed_object_key(const SignedRequest& request);

}  // namespace mayfly::auth
