#include "catalog/scalings.hpp"

#include "base/text.hpp"
#include "catalog/scaling_record.hpp"

#include <fmt/format.h>

namespace mayfly::catalog {

namespace {

constexpr std::string_view kPrefix = "fc/scaling/";

std::string key_of(const ScalingKey& key) {
    return fmt::format("{}{}/{}/{}/{}", kPrefix, key.account, key.service, key.function,
                       key.qualifier);
}

// Names hold no slash.
Result<ScalingKey> key_from(std::string_view text) {
    ScalingKey key;
    text.remove_prefix(kPrefix.size());
    for (auto* part : {&key.account, &key.service, &key.function, &key.qualifier}) {
        const auto slash = text.find('/');
        *part = text.substr(0, slash);
        text.remove_prefix(slash == text.npos ? text.size() : slash + 1);
    }
    if (key.qualifier.empty() || !text.empty())
        return fail(Kind::internal, "a scaling's key is damaged");
    return key;
}

Failure no_on_demand(const ScalingKey& key) {
    return fail(Kind::not_found,
                fmt::format("function '{}' has no on-demand configuration", key.function),
                "OnDemandConfigNotFound");
}

Result<void> check_match(const std::optional<OnDemandConfig>& now, const std::string& if_match) {
    if (if_match.empty() || (now && now->etag == if_match)) return {};
    return fail(Kind::conflict,
                "the on-demand configuration has changed since it was read; read it again",
                "PreconditionFailed");
}

}  // namespace

ScalingKey scaling_key(const Target& target) {
    return {target.account, target.service, target.function,
            target.qualifier.empty() ? "LATEST" : target.qualifier};
}

Task<Result<void>> Scalings::load() {
    CO_TRY(const auto records, co_await meta_.list(std::string(kPrefix)));
    for (const auto& record : records) {
        CO_TRY(auto key, key_from(record.key));
        CO_TRY(scalings_[std::move(key)], scaling_from_record(record.value));
    }
    co_return Result<void>();
}

void Scalings::on_changed(Heard heard) {
    heard_ = std::move(heard);
    for (const auto& [key, scaling] : scalings_) heard_(key, scaling);
}

const Scaling* Scalings::find(const ScalingKey& key) const {
    const auto at = scalings_.find(key);
    return at == scalings_.end() ? nullptr : &at->second;
}

Task<Result<void>> Scalings::store(ScalingKey key, Scaling next) {
    if (!next.on_demand && !next.provision) {
        CO_TRYV(co_await meta_.remove(key_of(key), store::expect_anything));
        scalings_.erase(key);
    } else {
        CO_TRYV(co_await meta_.put(key_of(key), to_record(next), store::expect_anything));
        scalings_[key] = next;
    }
    if (heard_) heard_(key, next);
    co_return Result<void>();
}

Task<Result<OnDemandConfig>> Scalings::put_on_demand(ScalingKey key, int instances_max,
                                                     std::string if_match) {
    CO_TRYV(validate_instances_max(instances_max));
    CO_TRY(const auto claim, claims_.function(key.account, key.service, key.function));
    Scaling next = find(key) ? *find(key) : Scaling{};
    CO_TRYV(check_match(next.on_demand, if_match));
    next.on_demand = OnDemandConfig{instances_max, random_hex(rng_, 16)};
    CO_TRYV(co_await store(key, next));
    co_return *next.on_demand;
}

Task<Result<void>> Scalings::delete_on_demand(ScalingKey key, std::string if_match) {
    CO_TRY(const auto claim, claims_.function(key.account, key.service, key.function));
    const auto* now = find(key);
    if (!now || !now->on_demand) co_return no_on_demand(key);
    CO_TRYV(check_match(now->on_demand, if_match));
    auto next = *now;
    next.on_demand.reset();
    co_return co_await store(std::move(key), std::move(next));
}

Task<Result<ProvisionConfig>> Scalings::put_provision(ScalingKey key, ProvisionConfig config) {
    CO_TRYV(validate(config));
    CO_TRY(const auto claim, claims_.function(key.account, key.service, key.function));
    Scaling next = find(key) ? *find(key) : Scaling{};
    const bool none = config.target == 0 && config.scheduled.empty() && config.tracked.empty();
    next.provision = none ? std::nullopt : std::optional(config);
    CO_TRYV(co_await store(std::move(key), std::move(next)));
    co_return config;
}

Task<Result<void>> Scalings::forget(AccountId account, std::string service, std::string function) {
    const ScalingKey first{account, service, function, ""};
    for (;;) {
        const auto at = scalings_.lower_bound(first);
        if (at == scalings_.end() || at->first.account != account || at->first.service != service ||
            at->first.function != function)
            co_return Result<void>();
        const auto key = at->first;
        CO_TRYV(co_await store(key, Scaling{}));
    }
}

}  // namespace mayfly::catalog
