#include "auth/fc_signature.hpp"

#include "auth/fc_text.hpp"
#include "auth/http_date.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace mayfly::auth {

namespace {

Failure denied(const char* code, std::string what) {
    return fail(Kind::denied, std::move(what), code);
}

bool matches(const AccessKey& key, const FcText& text, const std::string& resource,
             std::string_view signature, SignatureMemo& memo) {
    return equal_in_constant_time(memo.signature(key, text.with(resource)), signature);
}

// The forms of the resource in use among clients, likeliest first. An HTTP trigger's query is
// always signed, so it is never left out there.
bool any_form_matches(const AccessKey& key, const FcText& text, const SignedRequest& request,
                      std::string_view signature, SignatureMemo& memo) {
    const bool trigger = is_trigger_path(request.path);
    const bool escaped = request.path.find('%') != request.path.npos;
    const std::string raw(request.path);
    if (!trigger && matches(key, text, raw, signature, memo)) return true;
    const auto lines = query_lines(request.query);
    if (matches(key, text, raw + '\n' + lines, signature, memo)) return true;
    if (!escaped) return false;
    const auto decoded = percent_decode(request.path);
    if (matches(key, text, decoded + '\n' + lines, signature, memo)) return true;
    return !trigger && matches(key, text, decoded, signature, memo);
}

Result<void> check_date(std::string_view date, WallTime now) {
    if (date.empty())
        return denied("AccessDenied", "the request has no Date header; send one, signed, in GMT");
    const auto sent = parse_http_date(date);
    if (!sent)
        return denied("AccessDenied",
                      fmt::format("the date '{}' is not of the form '{}'", date, http_date(now)));
    if (*sent > now + clock_skew_max || *sent < now - clock_skew_max)
        return denied(
            "AccessDenied",
            fmt::format(
                "the request is dated {}, but this server's clock says {}; they may differ by "
                "15 minutes: correct the client's clock",
                date, http_date(now)));
    return {};
}

Result<const AccessKey*> find_key(const KeyRing& keys, std::string_view id) {
    if (const auto* key = keys.find(id)) return key;
    return denied("InvalidAccessKeyID",
                  fmt::format("invalid access key ID '{}': this server has no such key", id));
}

Failure mismatch() {
    return denied(
        "SignatureNotMatch",
        "the signature does not fit the request: check the access key secret, and that nothing "
        "between client and server rewrites path or headers");
}

// The signature fits, and the date does.
Result<void> check(const AccessKey& key, const SignedRequest& request, WallTime now,
                   SignatureMemo& memo) {
    const auto authorization = header(request, "authorization");
    const auto text = FcText::of(request);
    const auto signature = trim(authorization.substr(authorization.rfind(':') + 1));
    if (!any_form_matches(key, text, request, signature, memo)) return mismatch();
    // After the signature: a stranger learns nothing of our clock.
    return check_date(text.date, now);
}

}  // namespace

std::string_view key_id_of(const SignedRequest& request) {
    const auto authorization = header(request, "authorization");
    const auto colon = authorization.rfind(':');
    if (!authorization.starts_with("FC ") || colon == authorization.npos || colon < 3) return {};
    return trim(authorization.substr(3, colon - 3));
}

Result<const AccessKey*> verify_fc(const KeyRing& keys, const SignedRequest& request, WallTime now,
                                   SignatureMemo& memo) {
    const auto authorization = header(request, "authorization");
    if (authorization.empty())
        return denied(
            "AccessDenied",
            "the request is not signed; send an Authorization header made with an access key");
    const auto id = key_id_of(request);
    if (id.data() == nullptr)
        return denied("AccessDenied",
                      "the Authorization header is not of the form 'FC keyId:signature'");
    TRY(const auto* key, find_key(keys, id));
    TRYV(check(*key, request, now, memo));
    return key;
}

Result<TemporaryKey> verify_fc_temporary(const TemporaryKeys& keys, const SignedRequest& request,
                                         WallTime now, SignatureMemo& memo) {
    TRY(auto found, keys.find(key_id_of(request), header(request, "x-fc-security-token"), now));
    TRYV(check(found.key, request, now, memo));
    return found;
}

std::string sign_fc(const AccessKey& key, const SignedRequest& request) {
    auto resource = std::string(request.path);
    if (is_trigger_path(request.path)) resource += '\n' + query_lines(request.query);
    return "FC " + key.id + ':' +
           base64(hmac_sha256(key.secret, FcText::of(request).with(resource)));
}

bool is_signed_url(std::string_view query) { return query.find("x-fc-signature=") != query.npos; }

Result<const AccessKey*> verify_fc_url(const KeyRing& keys, const SignedRequest& request,
                                       WallTime now, SignatureMemo& memo) {
    TRY(const auto* key, find_key(keys, query_value(request.query, "x-fc-access-key-id")));
    const auto expires = query_value(request.query, "x-fc-expires");
    const auto seconds = parse_int(expires);
    if (!seconds) return denied("AccessDenied", "the signed URL does not say when it expires");
    auto text = FcText::of(request);
    text.date = expires;
    const auto resource =
        percent_decode(request.path) + '\n' + query_lines(request.query, "x-fc-signature");
    if (!matches(*key, text, resource, query_value(request.query, "x-fc-signature"), memo))
        return mismatch();
    const auto now_seconds = std::chrono::floor<Seconds>(now.time_since_epoch()).count();
    if (*seconds < now_seconds)
        return denied("AccessDenied",
                      fmt::format("this signed URL expired {} s ago; ask for a new one",
                                  now_seconds - *seconds));
    return key;
}

std::string sign_fc_url(const AccessKey& key, std::string_view path, std::string_view query,
                        WallTime expires) {
    const auto seconds =
        std::to_string(std::chrono::floor<Seconds>(expires.time_since_epoch()).count());
    auto all = fmt::format("{}{}x-fc-access-key-id={}&x-fc-expires={}", query,
                           query.empty() ? "" : "&", percent_encode(key.id), seconds);
    auto text = FcText::of({"GET", path, all, {}});
    text.date = seconds;
    const auto signature =
        base64(hmac_sha256(key.secret, text.with(std::string(path) + '\n' + query_lines(all))));
    return all + "&x-fc-signature=" + percent_encode(signature);
}

}  // namespace mayfly::auth
