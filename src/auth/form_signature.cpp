#include "auth/form_signature.hpp"

#include "auth/signed_parts.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace mayfly::auth {

namespace {

// What the two V4 schemes call their parts.
struct V4Names {
    std::string_view algorithm, credential, date, signature;  // fields
    std::string_view scheme, before_secret, service, end;
};
constexpr V4Names kAws{"x-amz-algorithm",
                       "x-amz-credential",
                       "x-amz-date",
                       "x-amz-signature",
                       "AWS4-HMAC-SHA256",
                       "AWS4",
                       "s3",
                       "aws4_request"};
constexpr V4Names kOss{
    "x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-signature",
    "OSS4-HMAC-SHA256",        "aliyun_v4",        "oss",        "aliyun_v4_request"};

// "ID/DATE/REGION/SERVICE/END"; a key's id may have slashes.
std::string id_of(std::string_view credential) {
    for (int n = 0; n < 4; ++n) {
        const auto slash = credential.rfind('/');
        if (slash == credential.npos) return {};
        credential = credential.substr(0, slash);
    }
    return std::string(credential);
}

std::string_view signed_field(const FormFields& fields) { return form_field(fields, "policy"); }

Result<const AccessKey*> verify_v2(const KeyRing& keys, const FormFields& fields,
                                   const std::string& id) {
    const auto* key = keys.find(id);
    if (!key) return no_such_key(id);
    if (!equal_in_constant_time(base64(hmac_sha1(key->secret, signed_field(fields))),
                                form_field(fields, "signature")))
        return signature_mismatch();
    return key;
}

Result<const AccessKey*> verify_v4(const KeyRing& keys, const FormFields& fields,
                                   const V4Names& names) {
    const auto credential = form_field(fields, names.credential);
    const auto id = id_of(credential);
    const auto parts = split(credential.substr(id.size()), '/');  // "", date, region, service, end
    const auto date = form_field(fields, names.date);
    if (id.empty() || parts.size() != 5 || parts[3] != names.service || parts[4] != names.end ||
        !parse_basic_time(date) || !date.starts_with(parts[1]) ||
        form_field(fields, names.algorithm) != names.scheme)
        return fail(Kind::invalid,
                    fmt::format("the form's {} must be {}, its {} ID/DATE/REGION/{}/{} and its {} "
                                "of that date, as 20260131T235959Z",
                                names.algorithm, names.scheme, names.credential, names.service,
                                names.end, names.date),
                    "AuthorizationHeaderMalformed");
    const auto* key = keys.find(id);
    if (!key) return no_such_key(id);
    const auto& derived = keys.signing_keys().derived(
        std::string(names.before_secret) + key->secret, parts[1], parts[2], parts[3], parts[4]);
    if (!equal_in_constant_time(hex(hmac_sha256(derived, signed_field(fields))),
                                form_field(fields, names.signature)))
        return signature_mismatch();
    return key;
}

}  // namespace

ClaimedForm claimed_form(const FormFields& fields) {
    ClaimedForm claimed;
    const auto take = [&](std::string id, bool oss) {
        if (!claimed.id.empty() || id.empty()) return;
        claimed.id = std::move(id);
        claimed.oss = oss;
    };
    take(id_of(form_field(fields, kAws.credential)), false);
    take(id_of(form_field(fields, kOss.credential)), true);
    take(std::string(form_field(fields, "AWSAccessKeyId")), false);
    take(std::string(form_field(fields, "OSSAccessKeyId")), true);
    claimed.token =
        form_field(fields, claimed.oss ? "x-oss-security-token" : "x-amz-security-token");
    return claimed;
}

Result<const AccessKey*> verify_form(const KeyRing& keys, const FormFields& fields) {
    if (signed_field(fields).empty())
        return fail(Kind::denied,
                    "the form names an access key but has no policy, so nothing of it is signed",
                    "AccessDenied");
    const auto claimed = claimed_form(fields);
    const auto& v4 = claimed.oss ? kOss : kAws;
    if (!form_field(fields, v4.credential).empty()) return verify_v4(keys, fields, v4);
    return verify_v2(keys, fields, claimed.id);
}

}  // namespace mayfly::auth
