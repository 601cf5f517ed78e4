#include "auth/form_policy.hpp"

#include "auth/http_date.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace mayfly::auth {

namespace json = boost::json;

namespace {

// Fields that need no condition.
constexpr std::array<std::string_view, 6> kFree{
    "file", "policy", "signature", "x-amz-signature", "awsaccesskeyid", "bucket"};

Failure malformed(std::string what) {
    return fail(Kind::invalid, "the form's policy " + std::move(what), "InvalidPolicyDocument");
}

Failure refused(std::string what) {
    return fail(Kind::denied, "invalid according to the form's policy: " + std::move(what),
                "AccessDenied");
}

std::optional<std::uint64_t> size_of(const json::value& value) {
    if (value.is_string()) {
        const auto n = parse_int(std::string_view(value.get_string()));
        if (n && *n >= 0) return static_cast<std::uint64_t>(*n);
    }
    if (value.is_int64() && value.get_int64() >= 0)
        return static_cast<std::uint64_t>(value.get_int64());
    if (value.is_uint64()) return value.get_uint64();
    return std::nullopt;
}

// "2026-12-01T12:00:00.000Z", with or without the milliseconds.
std::optional<WallTime> moment_of(const json::value* value) {
    if (!value || !value->is_string()) return std::nullopt;
    std::string text(value->get_string());
    if (text.size() > 20 && text[19] == '.' && text.ends_with('Z'))
        text.erase(19, text.size() - 20);
    return parse_http_date(text);
}

std::string short_text(const json::value& value) { return json::serialize(value).substr(0, 200); }

}  // namespace

std::string_view form_field(const FormFields& fields, std::string_view name) {
    for (const auto& [field, value] : fields)
        if (iequals(field, name)) return value;
    return {};
}

bool FormPolicy::Condition::fits(std::string_view value) const {
    const auto is = [&](const std::string& one) { return one == value; };
    switch (kind) {
        case Kind::equal: return values.front() == value;
        case Kind::begins: return value.starts_with(values.front());
        case Kind::one_of: return std::ranges::any_of(values, is);
        case Kind::none_of: return std::ranges::none_of(values, is);
    }
    return false;
}

std::string FormPolicy::Condition::text() const {
    constexpr std::array<std::string_view, 4> kWords{"equal", "begin with", "be one of",
                                                     "be none of"};
    return fmt::format("{} must {} '{}'", field, kWords[static_cast<std::size_t>(kind)],
                       fmt::join(values, "', '"))
        .substr(0, 300);
}

Result<FormPolicy::Condition> FormPolicy::read_triple(std::string_view kind, std::string_view field,
                                                      std::vector<std::string> values) {
    using Is = Condition::Kind;
    static constexpr std::array<std::pair<std::string_view, Is>, 4> kKinds{
        {{"eq", Is::equal},
         {"starts-with", Is::begins},
         {"in", Is::one_of},
         {"not-in", Is::none_of}}};
    const auto* at =
        std::ranges::find_if(kKinds, [&](const auto& k) { return iequals(k.first, kind); });
    if (at == kKinds.end())
        return malformed(
            fmt::format("has a condition '{}'; there are eq, starts-with, in, not-in "
                        "and content-length-range",
                        kind.substr(0, 100)));
    if (!field.starts_with('$'))
        return malformed(
            fmt::format("has a condition on '{}', which is no field: fields begin "
                        "with '$'",
                        field.substr(0, 100)));
    return Condition{at->second, lower(field.substr(1)), std::move(values)};
}

Result<FormPolicy> FormPolicy::read(std::string_view document) {
    boost::system::error_code error;
    const auto value = json::parse(document, error);
    if (error || !value.is_object()) return malformed("is no JSON object");
    const auto& top = value.get_object();
    const auto* expires = top.if_contains("expiration");
    const auto* list = top.if_contains("conditions");
    const auto at = moment_of(expires);
    if (!at) return malformed("has no expiration of the form 2026-12-01T12:00:00.000Z");
    if (!list || !list->is_array()) return malformed("has no list of conditions");
    FormPolicy policy;
    policy.expires_ = *at;
    for (const auto& one : list->get_array()) {
        const auto bad = [&] {
            return malformed("has a condition that is not understood: " + short_text(one));
        };
        if (one.is_object()) {
            for (const auto& [name, wanted] : one.get_object()) {
                if (!wanted.is_string()) return bad();
                policy.conditions_.push_back(
                    {Condition::Kind::equal, lower(name), {std::string(wanted.get_string())}});
            }
            continue;
        }
        if (!one.is_array() || one.get_array().size() != 3 || !one.get_array()[0].is_string())
            return bad();
        const auto& triple = one.get_array();
        const std::string_view kind = triple[0].get_string();
        if (iequals(kind, "content-length-range")) {
            const auto least = size_of(triple[1]), most = size_of(triple[2]);
            if (!least || !most || *least > *most) return bad();
            policy.bytes_min_ = std::max(policy.bytes_min_, *least);
            policy.bytes_max_ = std::min(policy.bytes_max_, *most);
            continue;
        }
        std::vector<std::string> values;
        const bool listed = iequals(kind, "in") || iequals(kind, "not-in");
        const bool has_list = triple[2].is_array();
        if (!triple[1].is_string() || listed != has_list || (!listed && !triple[2].is_string()))
            return bad();
        if (!listed) values.emplace_back(triple[2].get_string());
        else
            for (const auto& each : triple[2].get_array()) {
                if (!each.is_string()) return bad();
                values.emplace_back(each.get_string());
            }
        TRY(auto condition,
            read_triple(kind, std::string_view(triple[1].get_string()), std::move(values)));
        policy.conditions_.push_back(std::move(condition));
    }
    return policy;
}

Result<void> FormPolicy::permit(const FormFields& fields, std::string_view bucket, bool names_all,
                                WallTime now) const {
    if (now > expires_)
        return refused(fmt::format("it expired at {}; ask for a new form", http_date(expires_)));
    for (const auto& condition : conditions_) {
        const auto value =
            condition.field == "bucket" ? bucket : form_field(fields, condition.field);
        if (!condition.fits(value)) return refused(condition.text());
    }
    if (!names_all) return {};
    for (const auto& [name, _] : fields) {
        const auto small = lower(name);
        if (std::ranges::find(kFree, small) != kFree.end() || small.starts_with("x-ignore-"))
            continue;
        if (std::ranges::none_of(conditions_, [&](const auto& c) { return c.field == small; }))
            return refused(fmt::format("no condition names the field '{}'", name.substr(0, 100)));
    }
    return {};
}

}  // namespace mayfly::auth
