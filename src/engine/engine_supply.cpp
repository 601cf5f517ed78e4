// What a function may use and what is kept for it: its account's allowance and its scaling.
#include "engine/engine.hpp"
#include "engine/schedules.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::engine {

namespace {

constexpr Seconds kCredentialsLeast{1800};  // what is left of temporary keys when a call begins

}  // namespace

sched::Tenant Engine::tenant_of(const AccountId& account) {
    const auto [at, fresh] = tenants_.try_emplace(account);
    if (fresh)
        at->second = {.id = TenantId{++last_tenant_},
                      .workers_max = options_.scheduler.workers_max};
    return at->second;
}

void Engine::allow(const AccountId& account, Allowance allowance) {
    tenant_of(account);
    auto& tenant = tenants_.at(account);
    tenant.weight = std::clamp(allowance.weight, 1, 1000);
    tenant.workers_max = allowance.workers_max > 0
                             ? std::min(allowance.workers_max, options_.scheduler.workers_max)
                             : options_.scheduler.workers_max;
    if (allowance.budget_gb_seconds > 0) budgets_[account] = allowance.budget_gb_seconds;
    else budgets_.erase(account);
}

// A call that began within the budget ends, whatever it costs.
Result<void> Engine::check_budget(const AccountId& account) {
    const auto budget = budgets_.find(account);
    if (budget == budgets_.end()) return {};
    const auto used = ledger_.gb_seconds_in_month(account, timers_.wall());
    if (used < static_cast<double>(budget->second)) return {};
    ++throttles_["the account's budget is spent"];
    return fail(Kind::busy,
                fmt::format("the account's budget of {} GB-seconds for this month is spent ({:.1f} "
                            "used); the root account raises it with mayfly account set {} --budget",
                            budget->second, used, account),
                "ResourceExhausted");
}

// To what is told about a call: nothing yet, or an object.
void Engine::add_credentials(const Revision& revision, const std::optional<CausedBy>& cause,
                             const TraceContext* span, std::string& about) {
    if (!make_credentials_) return;
    const auto now = timers_.wall();
    const auto limit = std::max<Seconds>(revision.function.spec.timeout, kCredentialsLeast);
    const auto rest = about.empty() ? "}" : "," + about.substr(1);
    if (cause || span) {
        about = R"({"credentials":)" + make_credentials_(revision, now + limit, cause, span) + rest;
        return;
    }
    auto& given = credentials_[revision.id];
    if (given.json.empty() || now >= given.renewed_at)
        given = {make_credentials_(revision, now + 2 * limit, cause, span), now + limit};
    about = R"({"credentials":)" + given.json + rest;
}

sched::Limits Engine::limits_of(const Revision& revision) const {
    const auto& spec = revision.function.spec;
    sched::Limits limits{.memory_mb = spec.memory_mb,
                         .concurrency = spec.instance_concurrency,
                         .workers_max = options_.workers_max_per_function,
                         .one_call = spec.one_call};
    if (const auto at = scaled_.find(revision.id); at != scaled_.end())
        if (const auto& own = at->second.scaling.on_demand)
            limits.workers_max = std::min(own->instances_max, options_.scheduler.workers_max);
    return limits;
}

void Engine::scale(const catalog::ScalingKey& key, const Scaling& scaling) {
    if (scaling.on_demand || scaling.provision) scalings_[key] = scaling;
    else scalings_.erase(key);
    const auto route = catalog_.route({.account = key.account,
                                       .service = key.service,
                                       .qualifier = key.qualifier,
                                       .function = key.function});
    if (route) provision(*route, scaling);
}

void Engine::published(const Route& route) {
    const auto& f = route->function;
    const auto at = scalings_.find({f.account, f.service, f.spec.name, route->version});
    if (at != scalings_.end()) provision(route, at->second);
}

void Engine::provision(const Route& route, const Scaling& scaling) {
    auto& scaled = scaled_[route->id];
    const int before = scaled.target;
    scaled = {.route = route, .scaling = scaling};
    const auto& wanted = scaling.provision;
    if (wanted)
        scaled.target =
            target_at(at_moments(*wanted, timers_.wall()), timers_.wall(),
                      scheduler_.use(route->id).running, route->function.spec.instance_concurrency);
    if (wanted || before > 0)
        tell(sched::ProvisionSet{.function = route->id,
                                 .limits = limits_of(*route),
                                 .tenant = tenant_of(route->function.account),
                                 .target = scaled.target,
                                 .awake = wanted && wanted->always_allocate_cpu});
    if (!scaling.on_demand && !wanted) scaled_.erase(route->id);
}

void Engine::provision_again() {
    std::vector<Scaled> changed;
    for (const auto& [id, scaled] : scaled_) {
        const auto& wanted = scaled.scaling.provision;
        if (!wanted || (wanted->scheduled.empty() && wanted->tracked.empty())) continue;
        const int target =
            target_at(at_moments(*wanted, timers_.wall()), timers_.wall(),
                      scheduler_.use(id).running, scaled.route->function.spec.instance_concurrency);
        if (target != scaled.target) changed.push_back(scaled);
    }
    for (const auto& scaled : changed) provision(scaled.route, scaled.scaling);
}

int Engine::provisionable(const Route& route) const {
    return scheduler_.provisionable(route->id, route->function.spec.memory_mb);
}

Supply::State Engine::supply_of(FunctionId function) const {
    const auto failed = start_failures_.find(function);
    const auto provisioned = scheduler_.use(function).provisioned;
    return {.provisioned = provisioned,
            .error = failed == start_failures_.end() ? "" : failed->second.what};
}

}  // namespace mayfly::engine
