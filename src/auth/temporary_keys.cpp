#include "auth/temporary_keys.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

namespace mayfly::auth {

namespace {

constexpr std::string_view kVersion = "3";
constexpr std::size_t kParts = 7, kCauseParts = 3;  // of a token, and of the event it may name

std::int64_t seconds_of(WallTime t) {
    return std::chrono::floor<Seconds>(t.time_since_epoch()).count();
}

Failure denied(const char* code, std::string what) {
    return fail(Kind::denied, std::move(what), code);
}

}  // namespace

TemporaryKeys::TemporaryKeys(Rng& rng) : rng_(rng), server_(random_hex(rng, 32)) {}

std::string TemporaryKeys::secret_of(std::string_view id) const {
    return base64(hmac_sha256(server_, "secret" + std::string(id)));
}

std::string TemporaryKeys::seal_of(std::string_view payload) const {
    return base64(hmac_sha256(server_, payload));
}

TemporaryKey TemporaryKeys::make(const AccountId& account, std::string service,
                                 std::string function, std::string role, WallTime expires,
                                 const std::optional<CausedBy>& caused_by,
                                 std::string traceparent) {
    TemporaryKey made{.service = std::move(service),
                      .function = std::move(function),
                      .role = std::move(role),
                      .expires = expires,
                      .caused_by = caused_by,
                      .traceparent = std::move(traceparent)};
    made.key = {"STS." + random_hex(rng_, 12), "", account};
    made.key.secret = secret_of(made.key.id);
    // Names hold neither a slash nor a colon.
    auto payload = fmt::format("{}:{}:{}:{}:{}:{}:{}", kVersion, made.key.id, account, made.service,
                               made.function, seconds_of(expires), base64(made.role));
    if (caused_by)
        payload += fmt::format(":{}:{}:{}", caused_by->depth, base64(caused_by->trigger),
                               base64(caused_by->event));
    if (!made.traceparent.empty()) payload += ':' + made.traceparent;
    const auto written = base64(payload);
    made.token = written + '.' + seal_of(written);
    return made;
}

Result<TemporaryKey> TemporaryKeys::find(std::string_view id, std::string_view token,
                                         WallTime now) const {
    if (token.empty())
        return denied("AccessDenied",
                      "a temporary key comes with its security token; send it as the scheme of the "
                      "signature says, such as in x-fc-security-token or x-oss-security-token");
    const auto dot = token.find('.');
    const auto payload = base64_decode(token.substr(0, dot));
    if (dot == token.npos || !payload ||
        !equal_in_constant_time(token.substr(dot + 1), seal_of(token.substr(0, dot))))
        return denied("InvalidAccessKeyID",
                      "the security token is not one of this server; temporary keys end when it "
                      "restarts");
    const auto parts = split(*payload, ':');
    const bool traced = parts.size() == kParts + 1 || parts.size() == kParts + kCauseParts + 1;
    const bool caused = parts.size() >= kParts + kCauseParts;
    if (parts.size() != kParts + (caused ? kCauseParts : 0) + traced || parts[0] != kVersion ||
        parts[1] != id)
        return denied("InvalidAccessKeyID",
                      fmt::format("the security token is not that of the key '{}'", id));
    const auto expires = parse_int(parts[5]).value_or(0);
    if (expires <= seconds_of(now))
        return denied("AccessDenied",
                      fmt::format("this temporary key expired {} s ago; take the one of the "
                                  "present call's context",
                                  seconds_of(now) - expires));
    std::optional<CausedBy> cause;
    if (caused)
        cause = {.trigger = base64_decode(parts[8]).value_or(""),
                 .event = base64_decode(parts[9]).value_or(""),
                 .depth = static_cast<int>(parse_int(parts[7]).value_or(0))};
    return TemporaryKey{.key = {std::string(id), secret_of(id), AccountId(parts[2])},
                        .token = std::string(token),
                        .service = std::string(parts[3]),
                        .function = std::string(parts[4]),
                        .role = base64_decode(parts[6]).value_or(""),
                        .expires = WallTime(Seconds(expires)),
                        .caused_by = std::move(cause),
                        .traceparent = traced ? std::string(parts.back()) : std::string()};
}

}  // namespace mayfly::auth
