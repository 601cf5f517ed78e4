#include "auth/claimed_key.hpp"

#include "auth/signed_parts.hpp"
#include "base/text.hpp"

namespace mayfly::auth {

namespace {

// "OSS id:signature", or "… Credential=id/date/…" of the V4 schemes.
std::string id_in_header(std::string_view authorization) {
    constexpr std::string_view kCredential = "Credential=";
    if (const auto at = authorization.find(kCredential); at != authorization.npos) {
        const auto rest = authorization.substr(at + kCredential.size());
        return std::string(rest.substr(0, rest.find('/')));
    }
    const auto space = authorization.find(' '), colon = authorization.rfind(':');
    if (space == authorization.npos || colon == authorization.npos || colon < space) return {};
    return std::string(trim(authorization.substr(space, colon - space)));
}

std::string id_in_query(std::string_view query) {
    for (const auto* name : {"X-Amz-Credential", "x-oss-credential"})
        if (const auto found = parameter(query, name); !found.empty())
            return found.substr(0, found.find('/'));
    for (const auto* name : {"AWSAccessKeyId", "OSSAccessKeyId"})
        if (auto found = parameter(query, name); !found.empty()) return found;
    return {};
}

}  // namespace

ClaimedKey claimed_object_key(const SignedRequest& request) {
    ClaimedKey claimed{.id = id_in_header(header_values(request, "authorization")), .token = {}};
    if (claimed.id.empty()) claimed.id = id_in_query(request.query);
    for (const auto* name : {"x-oss-security-token", "x-amz-security-token"})
        if (claimed.token.empty()) claimed.token = header_values(request, name);
    for (const auto* name :
         {"security-token", "x-oss-security-token", "X-Amz-Security-Token", "x-amz-security-token"})
        if (claimed.token.empty()) claimed.token = parameter(request.query, name);
    return claimed;
}

}  // namespace mayfly::auth
