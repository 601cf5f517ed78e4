#include "auth/acs3_signature.hpp"

#include "auth/fc_text.hpp"
#include "auth/signed_parts.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::auth {

namespace {

constexpr std::string_view kScheme = "ACS3-HMAC-SHA256";

Failure denied(std::string what, const char* code = "AccessDenied") {
    return fail(Kind::denied, std::move(what), code);
}

struct Said {
    std::string_view id, names, signature;
};

// "ACS3-HMAC-SHA256 Credential=…,SignedHeaders=…,Signature=…"
Result<Said> read_authorization(std::string_view value) {
    Said said;
    value.remove_prefix(kScheme.size());
    for (const auto part : split(trim(value), ',')) {
        const auto one = trim(part);
        const auto equals = one.find('=');
        if (equals == one.npos) continue;
        const auto name = one.substr(0, equals), text = one.substr(equals + 1);
        if (name == "Credential") said.id = text;
        if (name == "SignedHeaders") said.names = text;
        if (name == "Signature") said.signature = text;
    }
    if (said.id.empty() || said.names.empty() || said.signature.empty())
        return denied(
            fmt::format("the Authorization header is not '{} Credential=…,SignedHeaders=…,"
                        "Signature=…'",
                        kScheme));
    return said;
}

std::string canonical_query(std::string_view query) {
    std::vector<std::string> parts;
    for (const auto& [name, value] : decoded_query(query))
        parts.push_back(percent_encode(name) + "=" + percent_encode(value));
    std::ranges::sort(parts);
    std::string all;
    for (const auto& part : parts) all += (all.empty() ? "" : "&") + part;
    return all;
}

Result<void> check_signed(const SignedRequest& request, std::string_view names) {
    const auto listed = split(names, ';');
    const auto is_signed = [&](std::string_view name) {
        return std::ranges::find(listed, name) != listed.end();
    };
    if (!is_signed("host")) return denied("the Host header is not signed; sign it");
    for (const auto& [name, _] : request.headers)
        if (const auto small = lower(name); small.starts_with("x-acs-") && !is_signed(small))
            return denied(fmt::format("the header {} is not signed; sign it", name));
    return {};
}

}  // namespace

bool is_acs3(const SignedRequest& request) {
    return header(request, "authorization").starts_with(std::string(kScheme) + " ");
}

Result<const AccessKey*> verify_acs3(const KeyRing& keys, const SignedRequest& request,
                                     std::string_view body_sha256, WallTime now, Nonces& nonces) {
    if (!is_acs3(request))
        return denied(
            fmt::format("the request is not signed: an Authorization header of the scheme {} "
                        "is missing",
                        kScheme));
    TRY(const auto said, read_authorization(header(request, "authorization")));
    const auto* key = keys.find(said.id);
    if (!key)
        return denied(fmt::format("invalid access key ID '{}'; `mayfly env` shows the server's",
                                  said.id.substr(0, 128)),
                      "InvalidAccessKeyID");
    TRYV(check_signed(request, said.names));
    const auto sent = parse_iso8601(header(request, "x-acs-date"));
    if (!sent) return denied("x-acs-date is missing, or no time such as 2026-11-23T15:32:47Z");
    if (std::chrono::abs(*sent - now) > clock_skew_max)
        return denied("x-acs-date is more than 15 minutes away from the server's clock");
    const auto claimed = header(request, "x-acs-content-sha256");
    std::string text =
        fmt::format("{}\n{}\n{}\n", request.method, request.path, canonical_query(request.query));
    for (const auto name : split(said.names, ';'))
        text += fmt::format("{}:{}\n", name, header_values(request, name));
    text += fmt::format("\n{}\n{}", said.names, claimed);
    const auto to_sign = fmt::format("{}\n{}", kScheme, hex(sha256(text)));
    const auto wanted = hex(hmac_sha256(key->secret, to_sign));
    const bool body = equal_in_constant_time(claimed, body_sha256);
    if (!equal_in_constant_time(wanted, said.signature) || !body)
        return denied(body ? "the signature does not match: another secret, or something between "
                             "client and server rewrote the request"
                           : "the body is not the one that x-acs-content-sha256 names",
                      "SignatureNotMatch");
    // Only now, so that nobody else uses up a nonce.
    const auto nonce = header(request, "x-acs-signature-nonce");
    if (nonce.empty() || !nonces.take(std::string(said.id) + " " + std::string(nonce), now))
        return denied(
            "x-acs-signature-nonce is missing, or was used by another request; sign each "
            "request anew");
    return key;
}

}  // namespace mayfly::auth
