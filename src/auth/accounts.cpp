#include "auth/accounts.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::auth {

namespace json = boost::json;

namespace {

constexpr int kFormat = 1;
constexpr std::size_t kAccountsMax = 10'000, kNameMax = 64;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

std::string text(const json::object& o, std::string_view name) {
    return std::string(o.at(name).as_string());
}

Account account_from(const json::object& o) {
    Account account{.id = text(o, "accountId"), .name = text(o, "name")};
    if (const auto id = text(o, "accessKeyId"); !id.empty())
        account.key = {id, text(o, "accessKeySecret"), account.id};
    account.allowance = {.weight = o.at("weight").to_number<int>(),
                         .instances_max = o.at("instancesMax").to_number<int>(),
                         .budget_gb_seconds = o.at("budgetGbSeconds").to_number<std::int64_t>()};
    return account;
}

}  // namespace

Accounts::Accounts(AccountId root) : root_(std::move(root)) {
    accounts_.emplace(root_, Account{.id = root_, .name = "root"});
}

const Account* Accounts::find(std::string_view id) const {
    const auto at = accounts_.find(std::string(id));
    return at == accounts_.end() ? nullptr : &at->second;
}

Result<void> Accounts::check_name(std::string_view name) const {
    if (name.empty() || name.size() > kNameMax)
        return refuse(fmt::format("an account's name has 1 to {} characters", kNameMax));
    if (std::ranges::any_of(accounts_, [&](const auto& a) { return a.second.name == name; }))
        return refuse(fmt::format("there is an account '{}' already; choose another name", name));
    if (accounts_.size() >= kAccountsMax)
        return refuse(fmt::format("there are {} accounts, as many as may be", kAccountsMax));
    return {};
}

void Accounts::put(Account account) {
    auto id = account.id;
    accounts_.insert_or_assign(std::move(id), std::move(account));
}

std::string Accounts::to_text() const {
    json::array all;
    for (const auto& [id, a] : accounts_)
        all.push_back({{"accountId", id},
                       {"name", a.name},
                       {"accessKeyId", a.key.id},
                       {"accessKeySecret", a.key.secret},
                       {"weight", a.allowance.weight},
                       {"instancesMax", a.allowance.instances_max},
                       {"budgetGbSeconds", a.allowance.budget_gb_seconds}});
    return json::serialize(json::object{{"format", kFormat}, {"accounts", std::move(all)}}) + "\n";
}

Result<Accounts> Accounts::from_text(std::string_view bytes, AccountId root) {
    Accounts accounts(std::move(root));
    try {
        const auto value = json::parse(bytes);
        const auto& object = value.as_object();
        if (object.at("format").to_number<int>() != kFormat)
            return refuse(
                "accounts.json has a format that this version does not know; a newer "
                "server wrote it");
        for (const auto& entry : object.at("accounts").as_array())
            accounts.put(account_from(entry.as_object()));
        return accounts;
    } catch (const std::exception& e) {
        return refuse(
            fmt::format("accounts.json is damaged ({}); restore it from a backup, or "
                        "move it away and make the accounts again",
                        e.what()));
    }
}

Result<void> validate(const Allowance& allowance) {
    if (allowance.weight < 1 || allowance.weight > 1000)
        return refuse("weight must be a number from 1 to 1000");
    if (allowance.instances_max < 0 || allowance.instances_max > 1'000'000)
        return refuse("instancesMax must be a number from 0 (no limit of its own) to 1000000");
    if (allowance.budget_gb_seconds < 0)
        return refuse("budgetGbSeconds must not be negative; 0 is no budget");
    return {};
}

}  // namespace mayfly::auth
