// Accounts beside the root's: whose functions and keys are apart, and what each may use. Kept in
// DATA/accounts.json, readable by the server's user only. A plain value; the door changes it.
#pragma once

#include "auth/keys.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace mayfly::auth {

// What an account may use. 0 is no limit but the machine's.
struct Allowance {
    int weight = 1;         // its share of a full machine, against the others' weights; 1 to 1000
    int instances_max = 0;  // workers of all its functions
    std::int64_t budget_gb_seconds = 0;  // in a calendar month, UTC; beyond it calls are refused
    bool operator==(const Allowance&) const = default;
};

struct Account {
    AccountId id;
    std::string name;
    AccessKey key;  // empty of the root account, whose key is kept elsewhere
    Allowance allowance{};
};

class Accounts {
public:
    // `root`: the account that may make others; it has an entry from the start.
    explicit Accounts(AccountId root);

    const AccountId& root() const { return root_; }
    const std::map<AccountId, Account>& all() const { return accounts_; }
    const Account* find(std::string_view id) const;

    // invalid (InvalidArgument): a name that is empty, too long or taken, or too many accounts.
    Result<void> check_name(std::string_view name) const;
    void put(Account account);

    // JSON, format 1. from_text: invalid, with what to do, if the bytes are damaged.
    std::string to_text() const;
    static Result<Accounts> from_text(std::string_view text, AccountId root);

private:
    AccountId root_;
    std::map<AccountId, Account> accounts_;
};

// invalid (InvalidArgument), naming the number that is out of bounds.
Result<void> validate(const Allowance& allowance);

}  // namespace mayfly::auth
