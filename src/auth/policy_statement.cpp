#include "auth/policy_statement.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace mayfly::auth {

namespace json = boost::json;

namespace {

// OSS's name of what S3 calls otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAlsoCalled{
    {{"listbucket", "listobjects"},
     {"listbucketversions", "listobjectversions"},
     {"listmultipartuploadparts", "listparts"},
     {"listbucketmultipartuploads", "listmultipartuploads"},
     {"listallmybuckets", "listbuckets"},
     {"createbucket", "putbucket"}}};

// '*' any bytes, '?' one.
bool fits_glob(std::string_view glob, std::string_view text) {
    std::size_t g = 0, t = 0, star = glob.npos, from = 0;
    while (t < text.size()) {
        if (g < glob.size() && (glob[g] == '?' || (glob[g] != '*' && glob[g] == text[t]))) {
            ++g;
            ++t;
        } else if (g < glob.size() && glob[g] == '*') {
            star = g++;
            from = t;
        } else if (star != glob.npos) {
            g = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (g < glob.size() && glob[g] == '*') ++g;
    return g == glob.size();
}

}  // namespace

Failure malformed_policy(std::string what) {
    return fail(Kind::invalid, "the policy " + std::move(what), "MalformedPolicy");
}

Result<std::vector<std::string>> policy_texts(const json::object& from, std::string_view name) {
    const auto* value = from.if_contains(name);
    std::vector<std::string> all;
    const auto add = [&](const json::value& one) {
        if (one.is_string()) all.emplace_back(one.get_string());
        return one.is_string();
    };
    bool good = value != nullptr;
    if (value && value->is_array())
        good = std::ranges::all_of(value->get_array(), add) && !value->get_array().empty();
    else if (value) good = add(*value);
    if (!good) return malformed_policy(fmt::format("needs a text or a list of texts as {}", name));
    return all;
}

std::optional<std::string_view> plain_resource(std::string_view text) {
    if (text.starts_with("arn:aws:s3:::")) return text.substr(13);
    if (!text.starts_with("acs:oss:")) return std::nullopt;
    const auto region = text.find(':', 8);
    const auto account = region == text.npos ? text.npos : text.find(':', region + 1);
    if (account == text.npos) return std::nullopt;
    return text.substr(account + 1);
}

std::optional<std::string> store_action(std::string_view action) {
    if (action == "*") return "*";
    const auto colon = action.find(':');
    const auto service = action.substr(0, colon);
    if (colon == action.npos || (service != "s3" && service != "oss")) return std::nullopt;
    return lower(action.substr(colon + 1));
}

Result<bool> policy_allows(const json::object& statement) {
    TRY(const auto effect, policy_texts(statement, "Effect"));
    if (effect.size() != 1 || (effect[0] != "Allow" && effect[0] != "Deny"))
        return malformed_policy("has an Effect that is neither Allow nor Deny");
    return effect[0] == "Allow";
}

Result<std::vector<json::object>> policy_statements(std::string_view document,
                                                    std::span<const std::string_view> known) {
    if (document.size() > policy_bytes_max) return malformed_policy("has over 20 KB");
    boost::system::error_code error;
    const auto value = json::parse(document, error);
    if (error || !value.is_object()) return malformed_policy("is no JSON object");
    const auto* list = value.get_object().if_contains("Statement");
    if (!list || !list->is_array() || list->get_array().empty())
        return malformed_policy("has no list of statements");
    std::vector<json::object> all;
    for (const auto& one : list->get_array()) {
        if (!one.is_object()) return malformed_policy("has a statement that is no object");
        for (const auto& [name, _] : one.get_object())
            if (std::ranges::find(known, std::string_view(name)) == known.end())
                return fail(Kind::invalid,
                            fmt::format("this server does not understand '{}' in a policy, so it "
                                        "keeps none that has it",
                                        std::string_view(name).substr(0, 100)),
                            "NotImplemented");
        all.push_back(one.get_object());
    }
    return all;
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view text) {
    return std::ranges::any_of(patterns, [&](const auto& p) { return fits_glob(p, text); });
}

bool fits_action(const std::vector<std::string>& patterns, std::string_view action) {
    const auto small = lower(action);
    const auto* also = std::ranges::find(kAlsoCalled, small, [](const auto& p) { return p.first; });
    return fits_any(patterns, small) ||
           (also != kAlsoCalled.end() && fits_any(patterns, also->second));
}

}  // namespace mayfly::auth
