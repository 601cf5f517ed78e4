#include "auth/aws_signature.hpp"

#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mayfly::auth {

namespace {

constexpr std::string_view kV4 = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr auto kUrlSecondsMax = 7 * 24 * 3600;

constexpr std::array<std::string_view, 25> kV2Subresources{"acl",
                                                           "cors",
                                                           "delete",
                                                           "lifecycle",
                                                           "location",
                                                           "logging",
                                                           "notification",
                                                           "partNumber",
                                                           "policy",
                                                           "requestPayment",
                                                           "response-cache-control",
                                                           "response-content-disposition",
                                                           "response-content-encoding",
                                                           "response-content-language",
                                                           "response-content-type",
                                                           "response-expires",
                                                           "restore",
                                                           "tagging",
                                                           "torrent",
                                                           "uploadId",
                                                           "uploads",
                                                           "versionId",
                                                           "versioning",
                                                           "versions",
                                                           "website"};

struct Credential {
    std::string id, date, region, service, end;
    std::string scope() const { return date + '/' + region + '/' + service + '/' + end; }
};

std::optional<Credential> parse_credential(std::string_view text) {
    const auto parts = split(text, '/');
    if (parts.size() < 5) return std::nullopt;
    const auto n = parts.size();  // a key's id may have slashes
    std::string id(parts[0]);
    for (std::size_t i = 1; i + 4 < n; ++i) id += '/' + std::string(parts[i]);
    if (parts[n - 2] != "s3" || parts[n - 1] != "aws4_request") return std::nullopt;
    return Credential{id, std::string(parts[n - 4]), std::string(parts[n - 3]),
                      std::string(parts[n - 2]), std::string(parts[n - 1])};
}

std::string canonical(const SignedRequest& request, std::string_view path, std::string_view query,
                      const std::vector<std::string>& headers, std::string_view payload) {
    std::string out;
    out.reserve(512 + query.size());
    for (const auto part : {std::string_view(request.method), path, query}) (out += part) += '\n';
    for (const auto& name : headers) {
        (out += name) += ':';
        bool space = false;  // runs of them count as one
        for (const char c : header_values(request, name)) {
            if (!(c == ' ' && space)) out += c;
            space = c == ' ';
        }
        out += '\n';
    }
    out += '\n';
    for (std::size_t i = 0; i < headers.size(); ++i) (out += i ? ";" : "") += headers[i];
    return ((out += '\n') += payload);
}

std::string signature_of(std::string_view signing_key, std::string_view time,
                         std::string_view scope, std::string_view text) {
    std::string line;
    line.reserve(192);
    for (const auto part : {kV4, time, scope}) (line += part) += '\n';
    return hex(hmac_sha256(signing_key, line += hex(sha256(text))));
}

// Whether `claimed` signs the request; `found.signature` is then set to it. Clients encode more of
// a path than they must, or less: the usual form is tried first, then the path as it was sent.
bool signs(AwsSigned& found, const SignedRequest& request, const std::vector<std::string>& headers,
           std::string_view payload, std::string_view claimed, std::string_view except) {
    const auto query = canonical_query(request.query, except);
    const auto fits = [&](std::string_view path) {
        found.signature = signature_of(found.signing_key, found.time, found.scope,
                                       canonical(request, path, query, headers, payload));
        return equal_in_constant_time(found.signature, claimed);
    };
    if (is_percent_encoded(request.path, "/")) return fits(request.path);
    return fits(encode_path(percent_decode(request.path))) || fits(request.path);
}

std::vector<std::string> header_names(std::string_view list) {
    std::vector<std::string> names;
    for (const auto one : split(list, ';'))
        if (!one.empty()) names.push_back(lower(one));
    return names;
}

// What is not signed could have been changed on the way.
Result<void> check_signed(const SignedRequest& request, const std::vector<std::string>& names) {
    const auto has = [&](std::string_view name) {
        return std::ranges::find(names, name) != names.end();
    };
    const auto refuse = [](std::string_view name) {
        return fail(Kind::denied, fmt::format("the header '{}' must be signed", name),
                    "AccessDenied");
    };
    if (!has("host")) return refuse("host");
    constexpr std::string_view kOurs = "x-amz-";
    for (const auto& [name, value] : request.headers) {
        if (!iequals(std::string_view(name).substr(0, kOurs.size()), kOurs)) continue;
        if (const auto small = lower(name); !has(small)) return refuse(small);
    }
    return {};
}

Failure malformed(std::string_view what, const char* code) {
    return fail(Kind::invalid, fmt::format("{}", what), code);
}

// Where "Name=value" begins in a header of such, separated by commas.
std::string_view field(std::string_view header, std::string_view name) {
    for (auto part : split(header, ',')) {
        part = trim(part);
        if (part.starts_with(name) && part.substr(name.size()).starts_with('='))
            return part.substr(name.size() + 1);
    }
    return {};
}

// What a presigned URL says of its signature: the first parameter of each name.
struct UrlSignature {
    std::string algorithm, credential, date, expires, headers, payload, signature;

    explicit UrlSignature(std::string_view query) {
        const std::array<std::pair<std::string_view, std::string*>, 7> all{
            {{"X-Amz-Algorithm", &algorithm},
             {"X-Amz-Credential", &credential},
             {"X-Amz-Date", &date},
             {"X-Amz-Expires", &expires},
             {"X-Amz-SignedHeaders", &headers},
             {"X-Amz-Content-Sha256", &payload},
             {"X-Amz-Signature", &signature}}};
        std::array<bool, 7> seen{};
        each_part(query, [&](std::string_view name, std::string_view value) {
            std::string decoded;
            if (name.find('%') != name.npos) name = decoded = percent_decode(name);
            const auto* at = std::ranges::find(all, name, [](const auto& p) { return p.first; });
            if (at == all.end() ||
                std::exchange(seen[static_cast<std::size_t>(at - all.begin())], true))
                return;
            *at->second = percent_decode(value);
        });
    }
};

struct V2Text {
    const SignedRequest& request;
    std::string_view host_bucket;

    // `slash`: put behind a path that is a bucket only, as boto3 signs it.
    std::string resource(bool slash) const {
        std::string out;
        if (!host_bucket.empty()) out = "/" + std::string(host_bucket);
        out += request.path;
        if (slash) out += '/';
        std::vector<std::string> all;
        for (const auto& [name, value] : decoded_query(request.query)) {
            if (std::ranges::find(kV2Subresources, name) == kV2Subresources.end()) continue;
            all.push_back(value.empty() ? name : name + "=" + value);
        }
        std::ranges::sort(all);
        if (!all.empty()) out += fmt::format("?{}", fmt::join(all, "&"));
        return out;
    }
    std::string text(std::string_view date, bool slash) const {
        auto out =
            fmt::format("{}\n{}\n{}\n{}\n", request.method, header_values(request, "content-md5"),
                        header_values(request, "content-type"), date);
        std::vector<std::string> names;
        for (const auto& [name, value] : request.headers)
            if (auto small = lower(name); small.starts_with("x-amz-")) names.push_back(small);
        // Who presigns moves such headers into the query.
        for (const auto& [name, value] : decoded_query(request.query))
            if (name.starts_with("x-amz-")) names.push_back(name);
        std::ranges::sort(names);
        names.erase(std::unique(names.begin(), names.end()), names.end());
        for (const auto& name : names) {
            auto value = header_values(request, name);
            if (value.empty()) value = parameter(request.query, name);
            out += fmt::format("{}:{}\n", name, value);
        }
        return out + resource(slash);
    }
    bool signs(const AccessKey& key, std::string_view date, std::string_view claimed) const {
        const auto fits = [&](bool slash) {
            return equal_in_constant_time(base64(hmac_sha1(key.secret, text(date, slash))),
                                          claimed);
        };
        const bool bucket_only = host_bucket.empty() && request.path.size() > 1 &&
                                 request.path.find('/', 1) == std::string_view::npos;
        return fits(false) || (bucket_only && fits(true));
    }
};

}  // namespace

bool is_aws_v4(const SignedRequest& request) {
    return header_values(request, "authorization").starts_with(kV4);
}
bool is_aws_v4_url(std::string_view query) { return query.find("X-Amz-Signature=") != query.npos; }
bool is_aws_v2(const SignedRequest& request) {
    return header_values(request, "authorization").starts_with("AWS ");
}
bool is_aws_v2_url(std::string_view query) {
    return query.find("AWSAccessKeyId=") != query.npos && query.find("Signature=") != query.npos;
}

Result<AwsSigned> verify_aws_v4(const KeyRing& keys, const SignedRequest& request, WallTime now) {
    constexpr auto code = "AuthorizationHeaderMalformed";
    const auto authorization = header_values(request, "authorization");
    const auto rest = trim(std::string_view(authorization).substr(kV4.size()));
    const auto credential = parse_credential(field(rest, "Credential"));
    const auto names = header_names(field(rest, "SignedHeaders"));
    if (!credential || names.empty())
        return malformed(
            "the Authorization header is not of the form 'AWS4-HMAC-SHA256 Credential="
            "ID/DATE/REGION/s3/aws4_request, SignedHeaders=…, Signature=…'",
            code);
    const auto* key = keys.find(credential->id);
    if (!key) return no_such_key(credential->id);
    AwsSigned found{.key = key, .payload = header_values(request, "x-amz-content-sha256")};
    found.time = header_values(request, "x-amz-date");
    auto sent = parse_basic_time(found.time);
    if (found.time.empty()) sent = parse_http_date(header_values(request, "date"));
    if (!sent) return malformed("the request has no x-amz-date of the form 20260131T235959Z", code);
    if (!found.time.starts_with(credential->date))
        return malformed("the date of the credential is not that of x-amz-date", code);
    TRYV(check_signed(request, names));
    found.scope = credential->scope();
    found.signing_key =
        keys.signing_keys().derived("AWS4" + key->secret, credential->date, credential->region,
                                    credential->service, credential->end);
    const auto payload = found.payload.empty() ? std::string(kUnsigned) : found.payload;
    if (!signs(found, request, names, payload, field(rest, "Signature"), ""))
        return signature_mismatch();
    TRYV(check_skew(*sent, now));
    found.payload = payload;
    return found;
}

Result<AwsSigned> verify_aws_v4_url(const KeyRing& keys, const SignedRequest& request,
                                    WallTime now) {
    constexpr auto code = "AuthorizationQueryParametersError";
    const UrlSignature url(request.query);
    const auto credential = parse_credential(url.credential);
    const auto names = header_names(url.headers);
    const auto seconds = parse_int(url.expires);
    AwsSigned found{.time = url.date, .presigned = true};
    const auto made = parse_basic_time(found.time);
    if (url.algorithm != kV4 || !credential || names.empty() || !made)
        return malformed(
            "the signed URL lacks X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date or "
            "X-Amz-SignedHeaders, or one of them is malformed",
            code);
    if (!seconds || *seconds < 1 || *seconds > kUrlSecondsMax)
        return malformed("X-Amz-Expires must be 1 to 604,800 seconds", code);
    const auto* key = keys.find(credential->id);
    if (!key) return no_such_key(credential->id);
    TRYV(check_signed(request, names));
    found.key = key;
    found.payload = url.payload;
    if (found.payload.empty()) found.payload = kUnsigned;
    found.scope = credential->scope();
    found.signing_key =
        keys.signing_keys().derived("AWS4" + key->secret, credential->date, credential->region,
                                    credential->service, credential->end);
    if (!signs(found, request, names, found.payload, url.signature, "X-Amz-Signature"))
        return signature_mismatch();
    if (*made > now + clock_skew_max) TRYV(check_skew(*made, now));
    if (const auto until = *made + Seconds(*seconds); until < now)
        return expired(std::chrono::ceil<Seconds>(now - until));
    return found;
}

Result<AwsSigned> verify_aws_v2(const KeyRing& keys, const SignedRequest& request,
                                std::string_view host_bucket, WallTime now) {
    const auto authorization = header_values(request, "authorization").substr(4);
    const auto colon = authorization.rfind(':');
    if (colon == authorization.npos)
        return malformed("the Authorization header is not of the form 'AWS keyId:signature'",
                         "AuthorizationHeaderMalformed");
    const auto* key = keys.find(authorization.substr(0, colon));
    if (!key) return no_such_key(authorization.substr(0, colon));
    const auto amz_date = header_values(request, "x-amz-date");
    const auto date = header_values(request, "date");
    if (!V2Text{request, host_bucket}.signs(*key, amz_date.empty() ? date : "",
                                            authorization.substr(colon + 1)))
        return signature_mismatch();
    const auto sent = parse_http_date(amz_date.empty() ? date : amz_date);
    if (!sent) return fail(Kind::denied, "the request has no Date header", "AccessDenied");
    TRYV(check_skew(*sent, now));
    return AwsSigned{.key = key, .payload = std::string(kUnsigned)};
}

Result<AwsSigned> verify_aws_v2_url(const KeyRing& keys, const SignedRequest& request,
                                    std::string_view host_bucket, WallTime now) {
    const auto id = parameter(request.query, "AWSAccessKeyId");
    const auto expires = parameter(request.query, "Expires");
    const auto* key = keys.find(id);
    if (!key) return no_such_key(id);
    const auto seconds = parse_int(expires);
    if (!seconds)
        return malformed("the signed URL does not say when it expires",
                         "AuthorizationQueryParametersError");
    if (!V2Text{request, host_bucket}.signs(*key, expires, parameter(request.query, "Signature")))
        return signature_mismatch();
    const auto at = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    if (*seconds < at) return expired(Seconds(at - *seconds));
    return AwsSigned{.key = key, .payload = std::string(kUnsigned), .presigned = true};
}

std::string aws_chunk_signature(const AwsSigned& request, std::string_view before,
                                std::string_view sha256_hex) {
    static const std::string of_nothing = hex(sha256(""));
    return hex(hmac_sha256(request.signing_key,
                           fmt::format("{}-PAYLOAD\n{}\n{}\n{}\n{}\n{}", kV4, request.time,
                                       request.scope, before, of_nothing, sha256_hex)));
}

std::string aws_trailer_signature(const AwsSigned& request, std::string_view before,
                                  std::string_view trailer) {
    return hex(hmac_sha256(request.signing_key,
                           fmt::format("{}-TRAILER\n{}\n{}\n{}\n{}", kV4, request.time,
                                       request.scope, before, hex(sha256(trailer)))));
}

std::vector<std::pair<std::string, std::string>> sign_aws_v4(const AccessKey& key,
                                                             const SignedRequest& request,
                                                             std::string_view payload, WallTime now,
                                                             std::string_view region) {
    auto time = iso8601(now);
    std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
    std::vector<std::pair<std::string, std::string>> headers(request.headers.begin(),
                                                             request.headers.end());
    headers.emplace_back("x-amz-date", time);
    headers.emplace_back("x-amz-content-sha256", payload);
    std::vector<std::string> names;
    for (const auto& [name, value] : headers) names.push_back(lower(name));
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    const Credential credential{key.id, time.substr(0, 8), std::string(region), "s3",
                                "aws4_request"};
    const SignedRequest whole{request.method, request.path, request.query, headers};
    const auto signature =
        signature_of(derived_key("AWS4" + key.secret, credential.date, credential.region,
                                 credential.service, credential.end),
                     time, credential.scope(),
                     canonical(whole, encode_path(percent_decode(request.path)),
                               canonical_query(request.query, ""), names, payload));
    return {{"x-amz-date", time},
            {"x-amz-content-sha256", std::string(payload)},
            {"Authorization",
             fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kV4, key.id,
                         credential.scope(), fmt::join(names, ";"), signature)}};
}

}  // namespace mayfly::auth
