// Parts that the signature schemes of the object stores share. Pure.
#pragma once

#include "auth/fc_signature.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::auth {

// The parameters of a query, percent-decoded ('+' stays '+', as these schemes have it), in order.
std::vector<std::pair<std::string, std::string>> decoded_query(std::string_view query);

// Calls visit(name, value) for each "name=value" of a query, both raw; a value may be absent.
template <class Visit>
void each_part(std::string_view query, Visit visit) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (part.empty()) continue;
        const auto equals = std::min(part.find('='), part.size());
        visit(part.substr(0, equals), part.substr(std::min(equals + 1, part.size())));
    }
}

// The first of that name; empty if there is none.
std::string parameter(std::string_view query, std::string_view name);

// A query as V4 schemes sign it, of its raw text: each name and value decoded and encoded again,
// sorted, "name=value" joined by '&'; without the parameter `except`.
std::string canonical_query(std::string_view query, std::string_view except);

// All of a header's values, joined by commas, white space trimmed at their ends.
std::string header_values(const SignedRequest& request, std::string_view lower_name);

// Percent-encoded but for '/', which is kept.
std::string encode_path(std::string_view decoded);

// "20261123T152911Z", as V4 schemes write time.
std::optional<WallTime> parse_basic_time(std::string_view text);

Failure no_such_key(std::string_view id);  // denied (InvalidAccessKeyId)
Failure signature_mismatch();              // denied (SignatureDoesNotMatch)
Failure expired(Seconds ago);              // denied (AccessDenied)
// denied (RequestTimeTooSkewed): more than 15 minutes apart.
Result<void> check_skew(WallTime sent, WallTime now);

// HMAC-SHA256 over and over: the signing key of a V4 scheme.
std::string derived_key(std::string_view secret, std::string_view date, std::string_view region,
                        std::string_view service, std::string_view end);

}  // namespace mayfly::auth
