// The roles of accounts that have a policy. A role without one needs no entry: services may name
// any role, and what has none may do what functions may. Kept in DATA/roles.json, readable by the
// server's user only. A plain value; the door changes it.
#pragma once

#include "auth/role_policy.hpp"
#include "base/result.hpp"
#include "model/function.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace mayfly::auth {

class Roles {
public:
    // By account and name, sorted.
    using All = std::map<std::pair<AccountId, std::string>, RolePolicy>;
    const All& all() const { return all_; }

    // Of "acs:ram::ACCOUNT:role/NAME" or "arn:aws:iam::ACCOUNT:role/NAME". Null if the role has no
    // policy. Valid until the next change.
    const RolePolicy* of(std::string_view role) const;

    // invalid (InvalidArgument): the name is not 1 to 64 of A-Z, a-z, 0-9, '-', '_' and '.', or the
    // account has 1,000 roles.
    Result<void> put(const AccountId& account, const std::string& name, RolePolicy policy);
    bool remove(const AccountId& account, const std::string& name);  // whether it was there

    // JSON, format 1. from_text: invalid, with what to do, if the bytes are damaged.
    std::string to_text() const;
    static Result<Roles> from_text(std::string_view text);

private:
    All all_;
};

// "ACCOUNT/NAME" of a role's ARN, of "acs:ram::", "arn:aws:iam::" or "arn:sts::"; empty if it is
// none.
std::string role_name(std::string_view arn);

}  // namespace mayfly::auth
