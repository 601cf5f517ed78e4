#include "auth/bucket_policy.hpp"

#include "auth/roles.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace mayfly::auth {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 5> kMembers{"Sid", "Effect", "Principal", "Action",
                                                   "Resource"};

Result<std::vector<std::string>> principals(const json::object& statement) {
    const auto* value = statement.if_contains("Principal");
    if (!value || !value->is_object()) return policy_texts(statement, "Principal");
    const auto& by_kind = value->get_object();
    if (by_kind.size() != 1 || !by_kind.if_contains("AWS"))
        return fail(Kind::invalid,
                    "the policy names principals of a kind this server has not: AWS is",
                    "NotImplemented");
    return policy_texts(by_kind, "AWS");
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
    return std::ranges::any_of(principals, [&](const auto& p) { return is_principal(p, ask); }) &&
           fits_action(actions, ask.action) && fits_any(resources, ask.resource);
}

Says BucketPolicy::says(const PolicyAsk& ask) const {
    auto says = Says::nothing;
    for (const auto& statement : statements_) {
        if (!statement.fits(ask)) continue;
        if (!statement.allows) return Says::denies;
        says = Says::allows;
    }
    return says;
}

Result<BucketPolicy> BucketPolicy::read(std::string_view document, std::string_view bucket) {
    TRY(const auto list, policy_statements(document, kMembers));
    BucketPolicy policy;
    for (const auto& s : list) {
        Statement statement;
        TRY(statement.allows, policy_allows(s));
        TRY(statement.principals, principals(s));
        TRY(const auto actions, policy_texts(s, "Action"));
        for (const auto& action : actions) {
            const auto pattern = store_action(action);
            if (!pattern)
                return malformed_policy(fmt::format("has the action '{}'; s3:… and oss:… are known",
                                                    action.substr(0, 100)));
            statement.actions.push_back(*pattern);
        }
        TRY(const auto resources, policy_texts(s, "Resource"));
        for (const auto& resource : resources) {
            const auto plain = plain_resource(resource);
            const auto of = plain ? plain->substr(0, plain->find('/')) : std::string_view();
            if (of != bucket)
                return malformed_policy(
                    fmt::format("has the resource '{}', which is not in the bucket '{}'",
                                resource.substr(0, 200), bucket));
            statement.resources.emplace_back(*plain);
        }
        policy.statements_.push_back(std::move(statement));
    }
    return policy;
}

}  // namespace mayfly::auth
