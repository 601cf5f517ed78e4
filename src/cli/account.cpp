// `mayfly account`: accounts beside the root's, and what each may use.
#include "cli/fc_client.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <memory>
#include <optional>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

constexpr const char* kPath = "/mayfly/v1/accounts";

struct Wanted {
    std::string who;
    std::optional<std::int64_t> weight, instances_max, budget;
};

std::string shown(const json::object& row, std::string_view key) {
    const auto* v = row.if_contains(key);
    if (!v) return "";
    if (v->is_string()) return std::string(v->as_string());
    return json::serialize(*v);
}

std::string or_none(std::string number) { return number == "0" ? "-" : number; }

json::object body_of(const Wanted& wanted) {
    json::object body;
    if (wanted.weight) body["weight"] = *wanted.weight;
    if (wanted.instances_max) body["instancesMax"] = *wanted.instances_max;
    if (wanted.budget) body["budgetGbSeconds"] = *wanted.budget;
    return body;
}

Result<int> create(Context& context, const Wanted& wanted) {
    TRY(const auto fc, FcClient::open(context));
    auto body = body_of(wanted);
    body["name"] = wanted.who;
    TRY(const auto made, fc.call("POST", kPath, {}, body));
    if (context.json()) {
        context.io.out << json::serialize(made) << '\n';
        return 0;
    }
    const auto& o = made.as_object();
    context.io.out << fmt::format("account     {}\naccess key  {}\nsecret      {}\n",
                                  shown(o, "accountId"), shown(o, "accessKeyId"),
                                  shown(o, "accessKeySecret"));
    context.io.err << "the secret is shown only this once\n";
    return 0;
}

Result<int> list(Context& context) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", kPath));
    if (context.json()) {
        context.io.out << json::serialize(answer) << '\n';
        return 0;
    }
    std::vector<std::vector<std::string>> rows{
        {"ACCOUNT", "NAME", "KEY", "WEIGHT", "INSTANCES", "BUDGET GB·s"}};
    for (const auto& row : answer.at("accounts").as_array()) {
        const auto& a = row.as_object();
        rows.push_back({shown(a, "accountId"), shown(a, "name"), shown(a, "accessKeyId"),
                        shown(a, "weight"), or_none(shown(a, "instancesMax")),
                        or_none(shown(a, "budgetGbSeconds"))});
    }
    context.io.out << table(rows);
    return 0;
}

Result<int> set(Context& context, const Wanted& wanted) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto changed,
        fc.call("PUT", fmt::format("{}/{}", kPath, wanted.who), {}, body_of(wanted)));
    context.io.out << json::serialize(changed) << '\n';
    return 0;
}

void add_allowance(CLI::App& verb, Wanted& wanted) {
    verb.add_option("--weight", wanted.weight, "Its share of a full machine, 1 to 1000");
    verb.add_option("--instances", wanted.instances_max,
                    "Workers of all its functions; 0: no limit");
    verb.add_option("--budget", wanted.budget, "GB-seconds a calendar month; 0: no budget");
}

}  // namespace

void add_account(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("account", "Makes accounts and says what each may use");
    verb->require_subcommand(1);
    const auto wanted = std::make_shared<Wanted>();
    auto* make = verb->add_subcommand("create", "Makes an account with a key of its own");
    make->add_option("NAME", wanted->who, "What people call it")->required();
    add_allowance(*make, *wanted);
    make->footer("Example:\n  mayfly account create shop --weight 2 --instances 50");
    make->callback([&context, &chosen, wanted] {
        chosen = [&context, wanted] { return create(context, *wanted); };
    });
    auto* change = verb->add_subcommand("set", "Changes what an account may use");
    change->add_option("ACCOUNT", wanted->who, "Its id, as `mayfly account ls` shows it")
        ->required();
    add_allowance(*change, *wanted);
    change->footer("Example:\n  mayfly account set 1000000000000001 --budget 400000");
    change->callback([&context, &chosen, wanted] {
        chosen = [&context, wanted] { return set(context, *wanted); };
    });
    auto* ls = verb->add_subcommand("ls", "Lists accounts");
    ls->footer("Example:\n  mayfly account ls");
    ls->callback([&context, &chosen] { chosen = [&context] { return list(context); }; });
}

}  // namespace mayfly::cli
