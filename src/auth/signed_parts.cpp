#include "auth/signed_parts.hpp"

#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::auth {

std::vector<std::pair<std::string, std::string>> decoded_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> all;
    if (query.empty()) return all;
    for (const auto part : split(query, '&')) {
        if (part.empty()) continue;
        const auto equals = part.find('=');
        all.emplace_back(percent_decode(part.substr(0, equals)),
                         equals == part.npos ? "" : percent_decode(part.substr(equals + 1)));
    }
    return all;
}

std::string parameter(std::string_view query, std::string_view name) {
    for (const auto part : split(query, '&')) {
        const auto equals = part.find('=');
        const auto key = part.substr(0, equals);
        if (key != name && (key.find('%') == key.npos || percent_decode(key) != name)) continue;
        return equals == part.npos ? "" : percent_decode(part.substr(equals + 1));
    }
    return {};
}

std::string header_values(const SignedRequest& request, std::string_view lower_name) {
    std::string all;
    bool any = false;
    for (const auto& [name, value] : request.headers) {
        if (!iequals(name, lower_name)) continue;
        if (std::exchange(any, true)) all += ',';
        all += trim(value);
    }
    return all;
}

std::string encode_path(std::string_view decoded) {
    std::string out;
    for (std::size_t from = 0;;) {
        const auto slash = decoded.find('/', from);
        out += percent_encode(decoded.substr(from, slash - from));
        if (slash == decoded.npos) return out;
        out += '/';
        from = slash + 1;
    }
}

std::optional<WallTime> parse_basic_time(std::string_view t) {
    if (t.size() != 16 || t[8] != 'T' || t[15] != 'Z') return std::nullopt;
    return parse_http_date(fmt::format("{}-{}-{}T{}:{}:{}Z", t.substr(0, 4), t.substr(4, 2),
                                       t.substr(6, 2), t.substr(9, 2), t.substr(11, 2),
                                       t.substr(13, 2)));
}

Failure no_such_key(std::string_view id) {
    return fail(Kind::denied,
                fmt::format("this server has no access key '{}'; mayfly env prints the one it has",
                            id.substr(0, 100)),
                "InvalidAccessKeyId");
}

Failure signature_mismatch() {
    return fail(Kind::denied,
                "the signature does not fit the request: check the access key secret, and that "
                "nothing between client and server rewrites path or headers",
                "SignatureDoesNotMatch");
}

Failure expired(Seconds ago) {
    return fail(Kind::denied,
                fmt::format("this signed URL expired {} s ago; ask for a new one", ago.count()),
                "AccessDenied");
}

Result<void> check_skew(WallTime sent, WallTime now) {
    if (sent <= now + clock_skew_max && sent >= now - clock_skew_max) return {};
    return fail(Kind::denied,
                fmt::format("the request is dated {}, but this server's clock says {}; they may "
                            "differ by 15 minutes: correct the client's clock",
                            http_date(sent), http_date(now)),
                "RequestTimeTooSkewed");
}

std::string derived_key(std::string_view secret, std::string_view date, std::string_view region,
                        std::string_view service, std::string_view end) {
    auto key = hmac_sha256(secret, date);
    for (const auto part : {region, service, end}) key = hmac_sha256(key, part);
    return key;
}

}  // namespace mayfly::auth
