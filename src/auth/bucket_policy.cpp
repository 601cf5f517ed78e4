#include "auth/bucket_policy.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace mayfly::auth {

namespace json = boost::json;

namespace {

constexpr std::size_t kDocumentMax = 20 * 1024;  // S3's limit

// OSS's name of what S3 calls otherwise.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAlsoCalled{
    {{"listbucket", "listobjects"},
     {"listbucketversions", "listobjectversions"},
     {"listmultipartuploadparts", "listparts"},
     {"listbucketmultipartuploads", "listmultipartuploads"},
     {"listallmybuckets", "listbuckets"},
     {"createbucket", "putbucket"}}};

Failure malformed(std::string what) {
    return fail(Kind::invalid, "the policy " + std::move(what), "MalformedPolicy");
}

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

// One text, or a list of them.
Result<std::vector<std::string>> texts(const json::object& from, std::string_view name) {
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
    if (!good) return malformed(fmt::format("needs a text or a list of texts as {}", name));
    return all;
}

Result<std::vector<std::string>> principals(const json::object& statement) {
    const auto* value = statement.if_contains("Principal");
    if (!value || !value->is_object()) return texts(statement, "Principal");
    const auto& by_kind = value->get_object();
    if (by_kind.size() != 1 || !by_kind.if_contains("AWS"))
        return fail(Kind::invalid,
                    "the policy names principals of a kind this server has not: AWS is",
                    "NotImplemented");
    return texts(by_kind, "AWS");
}

// Behind "arn:aws:s3:::" or "acs:oss:REGION:ACCOUNT:".
std::optional<std::string_view> plain_resource(std::string_view text) {
    if (text.starts_with("arn:aws:s3:::")) return text.substr(13);
    if (!text.starts_with("acs:oss:")) return std::nullopt;
    const auto region = text.find(':', 8);
    const auto account = region == text.npos ? text.npos : text.find(':', region + 1);
    if (account == text.npos) return std::nullopt;
    return text.substr(account + 1);
}

// "arn:aws:iam::17:role/x" and its relatives as "17/x".
std::string role_name(std::string_view text) {
    for (const std::string_view before : {"acs:ram::", "arn:aws:iam::", "arn:sts::"}) {
        if (!text.starts_with(before)) continue;
        auto rest = text.substr(before.size());
        const auto colon = rest.find(':');
        if (colon == rest.npos) return {};
        const auto account = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
        for (const std::string_view kind : {"role/", "assumed-role/"})
            if (rest.starts_with(kind)) {
                rest.remove_prefix(kind.size());
                return fmt::format("{}/{}", account, rest.substr(0, rest.find('/')));
            }
    }
    return {};
}

bool is_principal(std::string_view named, const PolicyAsk& ask) {
    if (named == "*") return true;
    if (ask.account.empty()) return false;
    if (named == ask.account || named == fmt::format("arn:aws:iam::{}:root", ask.account) ||
        named == fmt::format("acs:ram::{}:root", ask.account))
        return true;
    const auto role = role_name(named);
    return !role.empty() && role == role_name(ask.role);
}

}  // namespace

bool BucketPolicy::Statement::fits(const PolicyAsk& ask) const {
    const auto action = lower(ask.action);
    const auto* also =
        std::ranges::find(kAlsoCalled, action, [](const auto& p) { return p.first; });
    const auto acts = [&](const std::string& glob) {
        return fits_glob(glob, action) ||
               (also != kAlsoCalled.end() && fits_glob(glob, also->second));
    };
    return std::ranges::any_of(principals, [&](const auto& p) { return is_principal(p, ask); }) &&
           std::ranges::any_of(actions, acts) && std::ranges::any_of(resources, [&](const auto& r) {
               return fits_glob(r, ask.resource);
           });
}

BucketPolicy::Says BucketPolicy::says(const PolicyAsk& ask) const {
    auto says = Says::nothing;
    for (const auto& statement : statements_) {
        if (!statement.fits(ask)) continue;
        if (!statement.allows) return Says::denies;
        says = Says::allows;
    }
    return says;
}

Result<BucketPolicy> BucketPolicy::read(std::string_view document, std::string_view bucket) {
    if (document.size() > kDocumentMax) return malformed("has over 20 KB");
    boost::system::error_code error;
    const auto value = json::parse(document, error);
    if (error || !value.is_object()) return malformed("is no JSON object");
    const auto* list = value.get_object().if_contains("Statement");
    if (!list || !list->is_array() || list->get_array().empty())
        return malformed("has no list of statements");
    BucketPolicy policy;
    for (const auto& one : list->get_array()) {
        if (!one.is_object()) return malformed("has a statement that is no object");
        const auto& s = one.get_object();
        for (const auto& [name, _] : s)
            if (name != "Sid" && name != "Effect" && name != "Principal" && name != "Action" &&
                name != "Resource")
                return fail(Kind::invalid,
                            fmt::format("this server does not understand '{}' in a policy, so it "
                                        "keeps none that has it",
                                        std::string_view(name).substr(0, 100)),
                            "NotImplemented");
        Statement statement;
        TRY(const auto effect, texts(s, "Effect"));
        if (effect.size() != 1 || (effect[0] != "Allow" && effect[0] != "Deny"))
            return malformed("has an Effect that is neither Allow nor Deny");
        statement.allows = effect[0] == "Allow";
        TRY(statement.principals, principals(s));
        TRY(const auto actions, texts(s, "Action"));
        for (const auto& action : actions) {
            const auto colon = action.find(':');
            const auto service = action.substr(0, colon);
            if (action != "*" && (colon == action.npos || (service != "s3" && service != "oss")))
                return malformed(fmt::format("has the action '{}'; s3:… and oss:… are known",
                                             action.substr(0, 100)));
            statement.actions.push_back(action == "*" ? "*" : lower(action.substr(colon + 1)));
        }
        TRY(const auto resources, texts(s, "Resource"));
        for (const auto& resource : resources) {
            const auto plain = plain_resource(resource);
            const auto of = plain ? plain->substr(0, plain->find('/')) : std::string_view();
            if (of != bucket)
                return malformed(
                    fmt::format("has the resource '{}', which is not in the bucket '{}'",
                                resource.substr(0, 200), bucket));
            statement.resources.emplace_back(*plain);
        }
        policy.statements_.push_back(std::move(statement));
    }
    return policy;
}

}  // namespace mayfly::auth
