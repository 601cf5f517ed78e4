#include "auth/role_policy.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <array>

namespace mayfly::auth {

namespace {

constexpr std::array<std::string_view, 4> kMembers{"Sid", "Effect", "Action", "Resource"};

}  // namespace

Result<RolePolicy> RolePolicy::read(std::string_view document) {
    TRY(const auto list, policy_statements(document, kMembers));
    RolePolicy policy;
    policy.text_ = document;
    for (const auto& s : list) {
        Statement statement;
        TRY(statement.allows, policy_allows(s));
        TRY(const auto actions, policy_texts(s, "Action"));
        for (const auto& action : actions) {
            if (action != "*" && action.find(':') == action.npos)
                return malformed_policy(
                    fmt::format("has the action '{}', which is not of the form SERVICE:ACTION",
                                action.substr(0, 100)));
            if (const auto pattern = store_action(action)) statement.actions.push_back(*pattern);
        }
        TRY(const auto resources, policy_texts(s, "Resource"));
        for (const auto& resource : resources) {
            const auto plain = resource == "*" ? std::string_view("*") : plain_resource(resource);
            if (plain) statement.resources.emplace_back(*plain);
            else if (!statement.actions.empty())
                return malformed_policy(
                    fmt::format("has the resource '{}', which is none of an object store",
                                resource.substr(0, 200)));
        }
        if (!statement.actions.empty()) policy.statements_.push_back(std::move(statement));
    }
    return policy;
}

Says RolePolicy::says(std::string_view action, std::string_view resource) const {
    auto says = Says::nothing;
    for (const auto& [allows, actions, resources] : statements_) {
        if (!fits_action(actions, action) || !fits_any(resources, resource)) continue;
        if (!allows) return Says::denies;
        says = Says::allows;
    }
    return says;
}

}  // namespace mayfly::auth
