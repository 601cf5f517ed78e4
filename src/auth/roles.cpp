#include "auth/roles.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::auth {

namespace json = boost::json;

namespace {

constexpr int kFormat = 1;
constexpr std::size_t kRolesMax = 1000, kNameMax = 64;

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kNameMax && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

}  // namespace

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

const RolePolicy* Roles::of(std::string_view role) const {
    if (all_.empty()) return nullptr;
    const auto name = role_name(role);
    const auto slash = name.find('/');
    if (slash == name.npos) return nullptr;
    const auto at = all_.find({name.substr(0, slash), name.substr(slash + 1)});
    return at == all_.end() ? nullptr : &at->second;
}

Result<void> Roles::put(const AccountId& account, const std::string& name, RolePolicy policy) {
    if (!is_name(name))
        return fail(
            Kind::invalid,
            fmt::format("a role's name is 1 to {} of A-Z, a-z, 0-9, '-', '_' and '.'", kNameMax),
            "InvalidArgument");
    const auto count =
        std::ranges::count_if(all_, [&](const auto& one) { return one.first.first == account; });
    if (static_cast<std::size_t>(count) >= kRolesMax && !all_.contains({account, name}))
        return fail(
            Kind::invalid,
            fmt::format("the account has {} roles with a policy, as many as may be", kRolesMax),
            "InvalidArgument");
    all_.insert_or_assign({account, name}, std::move(policy));
    return {};
}

bool Roles::remove(const AccountId& account, const std::string& name) {
    return all_.erase({account, name}) != 0;
}

std::string Roles::to_text() const {
    json::array list;
    for (const auto& [who, policy] : all_)
        list.push_back({{"accountId", who.first}, {"name", who.second}, {"policy", policy.text()}});
    return json::serialize(json::object{{"format", kFormat}, {"roles", std::move(list)}}) + "\n";
}

Result<Roles> Roles::from_text(std::string_view text) {
    const auto damaged = [] {
        return fail(Kind::invalid,
                    "roles.json is damaged or of a newer server; restore it from a backup, for "
                    "without it roles could do more than they may");
    };
    Roles roles;
    try {
        const auto value = json::parse(text);
        if (value.at("format").to_number<int>() != kFormat) return damaged();
        for (const auto& one : value.at("roles").as_array()) {
            auto policy = RolePolicy::read(std::string_view(one.at("policy").as_string()));
            if (!policy) return damaged();
            TRYV(roles.put(AccountId(one.at("accountId").as_string()),
                           std::string(one.at("name").as_string()), *std::move(policy)));
        }
    } catch (const std::exception&) {
        return damaged();
    }
    return roles;
}

}  // namespace mayfly::auth
