#include "auth/signed_parts.hpp"

#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <list>
#include <optional>

namespace mayfly::auth {

std::vector<std::pair<std::string, std::string>> decoded_query(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> all;
    all.reserve(static_cast<std::size_t>(std::ranges::count(query, '&')) + 1);
    each_part(query, [&](auto name, auto value) {
        all.emplace_back(percent_decode(name), percent_decode(value));
    });
    return all;
}

std::string parameter(std::string_view query, std::string_view name) {
    std::optional<std::string> found;
    each_part(query, [&](auto key, auto value) {
        if (found) return;
        if (key == name || (key.find('%') != key.npos && percent_decode(key) == name))
            found = percent_decode(value);
    });
    return found.value_or("");
}

std::string canonical_query(std::string_view query, std::string_view except) {
    std::vector<std::pair<std::string_view, std::string_view>> parts;
    parts.reserve(16);
    std::list<std::string> made;  // what did not come as it is signed
    const auto canonical = [&](std::string_view text) -> std::string_view {
        if (is_percent_encoded(text)) return text;
        return made.emplace_back(percent_encode(percent_decode(text)));
    };
    each_part(query, [&](auto name, auto value) {
        const auto usual = canonical(name);
        if (usual != except) parts.emplace_back(usual, canonical(value));
    });
    std::ranges::sort(parts);
    std::string out;
    out.reserve(query.size() + 16);
    for (const auto& [name, value] : parts) {
        if (!out.empty()) out += '&';
        ((out += name) += '=') += value;
    }
    return out;
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
    out.reserve(decoded.size() + 16);
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
    std::array<char, 20> iso{};  // with the marks between
    auto* out = iso.data();
    for (std::size_t i = 0; i < t.size(); ++i) {
        if (i == 4 || i == 6) *out++ = '-';
        if (i == 11 || i == 13) *out++ = ':';
        *out++ = t[i];
    }
    return parse_http_date({iso.data(), iso.size()});
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
