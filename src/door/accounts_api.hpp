// Accounts over Mayfly's own API: the root account makes others and says what each may use.
#pragma once

#include "auth/accounts.hpp"
#include "base/rng.hpp"
#include "door/http.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"

#include <filesystem>
#include <functional>

namespace mayfly::door {

// Loop thread only.
class AccountsApi {
public:
    // `file`: DATA/accounts.json. `changed` hears of each account that is there, and of each change
    // once it is on the disk.
    AccountsApi(auth::Accounts accounts, std::filesystem::path file, io::BlockingPool& pool,
                Rng& rng, std::function<void(const auth::Account&)> changed);

    // GET accounts: {"accounts":[{"accountId","name","accessKeyId","weight","instancesMax",
    //     "budgetGbSeconds"}]}: the caller's own, or all if it is the root account.
    // POST accounts {"name"[, what an allowance holds]}: the same with "accessKeySecret", this
    // once. PUT accounts/{id} {"weight","instancesMax","budgetGbSeconds"}: what is left out stays.
    // denied: the caller is not the root account; not_found (AccountNotFound); conflict: another
    // change is being written.
    Task<Result<Response>> answer(const Request& request, AccountId caller);

    const auth::Accounts& accounts() const { return accounts_; }

private:
    Task<Result<Response>> create(const Request& request);
    Task<Result<Response>> change(const Request& request, std::string id);
    Task<Result<void>> save(auth::Account account);

    auth::Accounts accounts_;
    std::filesystem::path file_;
    io::BlockingPool& pool_;
    Rng& rng_;
    std::function<void(const auth::Account&)> changed_;
    bool saving_ = false;
};

}  // namespace mayfly::door
