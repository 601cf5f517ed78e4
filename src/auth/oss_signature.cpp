#include "auth/oss_signature.hpp"

#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace mayfly::auth {

namespace {

constexpr std::string_view kV4 = "OSS4-HMAC-SHA256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr auto kUrlSecondsMax = 7 * 24 * 3600;

constexpr std::array kSubresources =
    std::to_array<std::string_view>({"acl",
                                     "append",
                                     "asyncFetch",
                                     "bucketInfo",
                                     "callback",
                                     "callback-var",
                                     "cname",
                                     "comp",
                                     "continuation-token",
                                     "cors",
                                     "delete",
                                     "encryption",
                                     "endTime",
                                     "img",
                                     "inventory",
                                     "inventoryId",
                                     "lifecycle",
                                     "live",
                                     "location",
                                     "logging",
                                     "metaQuery",
                                     "objectMeta",
                                     "partNumber",
                                     "policy",
                                     "position",
                                     "qos",
                                     "qosInfo",
                                     "referer",
                                     "regionList",
                                     "replication",
                                     "replicationLocation",
                                     "replicationProgress",
                                     "requestPayment",
                                     "resourceGroup",
                                     "response-cache-control",
                                     "response-content-disposition",
                                     "response-content-encoding",
                                     "response-content-language",
                                     "response-content-type",
                                     "response-expires",
                                     "restore",
                                     "rtc",
                                     "security-token",
                                     "startTime",
                                     "stat",
                                     "status",
                                     "style",
                                     "styleName",
                                     "symlink",
                                     "tagging",
                                     "transferAcceleration",
                                     "uploadId",
                                     "uploads",
                                     "versionId",
                                     "versioning",
                                     "versions",
                                     "vod",
                                     "website",
                                     "worm",
                                     "wormExtend",
                                     "wormId",
                                     "x-oss-ac-forward-allow",
                                     "x-oss-ac-source-ip",
                                     "x-oss-ac-subnet-mask",
                                     "x-oss-ac-vpc-id",
                                     "x-oss-process",
                                     "x-oss-request-payer",
                                     "x-oss-traffic-limit"});

bool is_subresource(std::string_view name) {
    return std::ranges::find(kSubresources, name) != kSubresources.end();
}

// x-oss- headers of the request (V1), lower case, sorted, "name:value\n" each.
std::string oss_headers(const SignedRequest& request, const std::vector<std::string>& more,
                        bool v4) {
    std::vector<std::string> names = more;
    for (const auto& [name, value] : request.headers) {
        const auto small = lower(name);
        if (small.starts_with("x-oss-") ||
            (v4 && (small == "content-type" || small == "content-md5")))
            names.push_back(small);
    }
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::string out;
    for (const auto& name : names)
        fmt::format_to(std::back_inserter(out), "{}:{}\n", name, header_values(request, name));
    return out;
}

std::string v1_signature(const AccessKey& key, const SignedRequest& request, std::string_view date,
                         std::string_view resource) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : decoded_query(request.query))
        if (is_subresource(name)) parts.push_back(value.empty() ? name : name + "=" + value);
    std::ranges::sort(parts);
    return base64(hmac_sha1(
        key.secret,
        fmt::format("{}\n{}\n{}\n{}\n{}{}{}{}", request.method,
                    header_values(request, "content-md5"), header_values(request, "content-type"),
                    date, oss_headers(request, {}, false), resource, parts.empty() ? "" : "?",
                    fmt::join(parts, "&"))));
}

enum class Empty { by_name, bare, with_equals };  // how a parameter without a value is signed

std::string v4_query(std::string_view query, Empty empty) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : decoded_query(query)) {
        if (name == "x-oss-signature") continue;
        const bool bare = value.empty() && (empty == Empty::bare ||
                                            (empty == Empty::by_name && is_subresource(name)));
        encoded.emplace_back(percent_encode(name), bare ? "" : "=" + percent_encode(value));
    }
    std::ranges::sort(encoded);
    std::string out;
    for (const auto& [name, value] : encoded) {
        if (!out.empty()) out += '&';
        out += name + value;
    }
    return out;
}

struct V4 {
    std::string id, date, region, time, payload, signature;
    std::vector<std::string> additional;
    bool read_credential(std::string_view text) {
        const auto parts = split(text, '/');
        const auto n = parts.size();
        if (n != 5 || parts[3] != "oss" || parts[4] != "aliyun_v4_request") return false;
        id = parts[0];
        date = parts[1];
        region = parts[2];
        return true;
    }
    void read_additional(std::string_view list) {
        for (const auto name : split(list, ';'))
            if (!name.empty()) additional.push_back(lower(name));
        std::ranges::sort(additional);
    }
};

Result<OssSigned> verify_v4(const KeyRing& keys, const SignedRequest& request, const V4& v4,
                            std::span<const std::string> resources) {
    const auto* key = keys.find(v4.id);
    if (!key) return no_such_key(v4.id);
    const auto& signing = keys.signing_keys().derived("aliyun_v4" + key->secret, v4.date, v4.region,
                                                      "oss", "aliyun_v4_request");
    const auto headers = oss_headers(request, v4.additional, true);
    const auto scope = fmt::format("{}/{}/oss/aliyun_v4_request", v4.date, v4.region);
    for (std::size_t which = 0; which < resources.size(); ++which)
        for (const auto empty : {Empty::by_name, Empty::bare, Empty::with_equals}) {
            const auto text = fmt::format(
                "{}\n{}\n{}\n{}\n{}\n{}", request.method, encode_path(resources[which]),
                v4_query(request.query, empty), headers, fmt::join(v4.additional, ";"), v4.payload);
            const auto made = hex(hmac_sha256(
                signing, fmt::format("{}\n{}\n{}\n{}", kV4, v4.time, scope, hex(sha256(text)))));
            if (equal_in_constant_time(made, v4.signature)) return OssSigned{key, which};
        }
    return signature_mismatch();
}

std::string_view field(std::string_view header, std::string_view name) {
    for (auto part : split(header, ',')) {
        part = trim(part);
        if (part.starts_with(name) && part.substr(name.size()).starts_with('='))
            return part.substr(name.size() + 1);
    }
    return {};
}

Failure malformed(std::string_view what) {
    return fail(Kind::invalid, std::string(what), "AuthorizationHeaderMalformed");
}

Result<OssSigned> verify_v1(const KeyRing& keys, const SignedRequest& request, std::string_view id,
                            std::string_view date, std::string_view signature,
                            std::span<const std::string> resources) {
    const auto* key = keys.find(id);
    if (!key) return no_such_key(id);
    for (std::size_t which = 0; which < resources.size(); ++which)
        if (equal_in_constant_time(v1_signature(*key, request, date, resources[which]), signature))
            return OssSigned{key, which};
    return signature_mismatch();
}

}  // namespace

bool is_oss(const SignedRequest& request) {
    const auto authorization = header_values(request, "authorization");
    return authorization.starts_with("OSS ") || authorization.starts_with(kV4);
}

bool is_oss_url(std::string_view query) {
    return query.find("x-oss-signature=") != query.npos ||
           query.find("OSSAccessKeyId=") != query.npos;
}

Result<OssSigned> verify_oss(const KeyRing& keys, const SignedRequest& request,
                             std::span<const std::string> resources, WallTime now) {
    const auto authorization = header_values(request, "authorization");
    const std::string_view whole = authorization;
    auto date = header_values(request, "x-oss-date");
    if (whole.starts_with(kV4)) {
        const auto rest = trim(whole.substr(kV4.size()));
        V4 v4{.time = date,
              .payload = header_values(request, "x-oss-content-sha256"),
              .signature = std::string(field(rest, "Signature"))};
        v4.read_additional(field(rest, "AdditionalHeaders"));
        if (!v4.read_credential(field(rest, "Credential")))
            return malformed(
                "the Authorization header is not of the form 'OSS4-HMAC-SHA256 "
                "Credential=ID/DATE/REGION/oss/aliyun_v4_request,Signature=…'");
        if (v4.payload.empty()) v4.payload = kUnsigned;
        const auto sent = parse_basic_time(date);
        if (!sent || !date.starts_with(v4.date))
            return malformed(
                "x-oss-date is not of the form 20260131T235959Z, or not of the "
                "credential's day");
        TRY(const auto found, verify_v4(keys, request, v4, resources));
        TRYV(check_skew(*sent, now));
        return found;
    }
    const auto colon = whole.rfind(':');
    if (colon == whole.npos || colon < 5)
        return malformed("the Authorization header is not of the form 'OSS keyId:signature'");
    if (date.empty()) date = header_values(request, "date");
    TRY(const auto found, verify_v1(keys, request, trim(whole.substr(4, colon - 4)), date,
                                    trim(whole.substr(colon + 1)), resources));
    const auto sent = parse_http_date(date);
    if (!sent) return fail(Kind::denied, "the request has no date of HTTP's form", "AccessDenied");
    TRYV(check_skew(*sent, now));
    return found;
}

Result<OssSigned> verify_oss_url(const KeyRing& keys, const SignedRequest& request,
                                 std::span<const std::string> resources, WallTime now) {
    const auto of = [&](std::string_view name) { return parameter(request.query, name); };
    if (const auto signature = of("x-oss-signature"); !signature.empty()) {
        V4 v4{.time = of("x-oss-date"), .payload = std::string(kUnsigned), .signature = signature};
        v4.read_additional(of("x-oss-additional-headers"));
        const auto made = parse_basic_time(v4.time);
        const auto seconds = parse_int(of("x-oss-expires"));
        if (!v4.read_credential(of("x-oss-credential")) || !made || !seconds || *seconds < 1 ||
            *seconds > kUrlSecondsMax)
            return malformed(
                "the signed URL lacks x-oss-credential, x-oss-date or x-oss-expires "
                "(1 to 604,800), or one of them is malformed");
        TRY(const auto found, verify_v4(keys, request, v4, resources));
        if (*made > now + clock_skew_max) TRYV(check_skew(*made, now));
        if (const auto until = *made + Seconds(*seconds); until < now)
            return expired(std::chrono::ceil<Seconds>(now - until));
        return found;
    }
    const auto expires = of("Expires");
    const auto seconds = parse_int(expires);
    if (!seconds) return malformed("the signed URL does not say when it expires");
    TRY(const auto found,
        verify_v1(keys, request, of("OSSAccessKeyId"), expires, of("Signature"), resources));
    const auto at = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    if (*seconds < at) return expired(Seconds(at - *seconds));
    return found;
}

}  // namespace mayfly::auth
