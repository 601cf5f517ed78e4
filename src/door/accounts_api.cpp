#include "door/accounts_api.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "door/json_body.hpp"
#include "model/fields.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

namespace {

constexpr std::string_view kPath = "/mayfly/v1/accounts";

json::object to_json(const auth::Account& a) {
    return {{"accountId", a.id},
            {"name", a.name},
            {"accessKeyId", a.key.id},
            {"weight", a.allowance.weight},
            {"instancesMax", a.allowance.instances_max},
            {"budgetGbSeconds", a.allowance.budget_gb_seconds}};
}

Response as_json(const json::object& body) {
    Response response{.body = json::serialize(body) + "\n"};
    response.headers.add("Content-Type", "application/json");
    return response;
}

// What the body says; the rest stays.
Result<auth::Allowance> read_allowance(const Fields& fields, auth::Allowance allowance) {
    TRY(const auto weight, fields.integer("weight"));
    TRY(const auto instances, fields.integer("instancesMax"));
    TRY(const auto budget, fields.integer("budgetGbSeconds"));
    const auto small = [](std::int64_t n) {
        return static_cast<int>(std::clamp<std::int64_t>(n, -1, 1 << 30));
    };
    if (weight) allowance.weight = small(*weight);
    if (instances) allowance.instances_max = small(*instances);
    if (budget) allowance.budget_gb_seconds = *budget;
    TRYV(auth::validate(allowance));
    return allowance;
}

// 16 digits, as Alibaba Cloud's are.
AccountId new_account_id(Rng& rng) {
    return std::to_string(1'000'000'000'000'000 + rng.next() % 9'000'000'000'000'000);
}

}  // namespace

AccountsApi::AccountsApi(auth::Accounts accounts, std::filesystem::path file,
                         io::BlockingPool& pool, Rng& rng,
                         std::function<void(const auth::Account&)> changed)
    : accounts_(std::move(accounts)),
      file_(std::move(file)),
      pool_(pool),
      rng_(rng),
      changed_(std::move(changed)) {
    for (const auto& [id, account] : accounts_.all()) changed_(account);
}

Task<Result<Response>> AccountsApi::answer(const Request& request, AccountId caller) {
    const bool is_root = caller == accounts_.root();
    if (request.method == "GET" && request.path == kPath) {
        json::array all;
        for (const auto& [id, account] : accounts_.all())
            if (is_root || id == caller) all.push_back(to_json(account));
        co_return as_json({{"accounts", std::move(all)}});
    }
    if (!is_root)
        co_return fail(Kind::denied, "only the root account makes and changes accounts",
                       "AccessDenied");
    if (request.method == "POST" && request.path == kPath) co_return co_await create(request);
    if (request.method == "PUT" && request.path.starts_with(kPath) &&
        request.path.size() > kPath.size() + 1)
        co_return co_await change(request, percent_decode(request.path.substr(kPath.size() + 1)));
    co_return fail(Kind::invalid,
                   fmt::format("{} {} is not served; GET, POST accounts and PUT accounts/ID are",
                               request.method, request.path),
                   "PathNotSupported");
}

Task<Result<Response>> AccountsApi::create(const Request& request) {
    CO_TRY(const auto body, parse_body(request.body));
    const Fields fields(body.as_object());
    CO_TRY(const auto name, fields.text("name"));
    CO_TRYV(accounts_.check_name(name.value_or("")));
    auth::Account made{.name = *name};
    do made.id = new_account_id(rng_);
    while (accounts_.find(made.id));
    made.key = {"mayfly" + random_hex(rng_, 8), random_hex(rng_, 16), made.id};
    CO_TRY(made.allowance, read_allowance(fields, {}));
    CO_TRYV(co_await save(made));
    auto shown = to_json(made);
    shown["accessKeySecret"] = made.key.secret;
    co_return as_json(shown);
}

Task<Result<Response>> AccountsApi::change(const Request& request, std::string id) {
    const auto* found = accounts_.find(id);
    if (!found)
        co_return fail(Kind::not_found, fmt::format("there is no account '{}'", id),
                       "AccountNotFound");
    auto next = *found;
    CO_TRY(const auto body, parse_body(request.body));
    CO_TRY(next.allowance, read_allowance(Fields(body.as_object()), next.allowance));
    CO_TRYV(co_await save(next));
    co_return as_json(to_json(next));
}

// The file first, then whoever heeds it.
Task<Result<void>> AccountsApi::save(auth::Account account) {
    if (saving_)
        co_return fail(Kind::conflict,
                       "another change of the accounts is being written; retry when it is done",
                       "ConcurrentUpdateError");
    saving_ = true;
    auto next = accounts_;
    next.put(account);
    const auto written = co_await io::blocking(pool_, [file = file_, text = next.to_text()] {
        return write_file_durably(file, text, 0600);
    });
    saving_ = false;
    CO_TRYV(written);
    accounts_ = std::move(next);
    changed_(account);
    co_return Result<void>();
}

}  // namespace mayfly::door
