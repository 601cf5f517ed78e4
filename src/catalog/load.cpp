// How the catalog comes back after a restart.
#include "catalog/catalog.hpp"
#include "catalog/records.hpp"

#include <ranges>

namespace mayfly::catalog {

Task<Result<void>> Catalog::load() {
    CO_TRY(const auto services, co_await meta_.list(std::string(service_prefix)));
    CO_TRYV(load_services(services));
    CO_TRY(const auto functions, co_await meta_.list(std::string(function_prefix)));
    CO_TRY(auto named, load_functions(functions));
    CO_TRY(const auto triggers, co_await meta_.list(std::string(trigger_prefix)));
    CO_TRYV(load_triggers(triggers));
    CO_TRYV(co_await async_.load());
    CO_TRYV(co_await scalings_.load());
    CO_TRY(auto layers, co_await layers_.load());
    named.merge(layers);
    CO_TRYV(co_await shelf_.open(std::move(named)));
    co_await layers_.restore();
    co_await restore_packages();
    co_return Result<void>();
}

Result<void> Catalog::load_services(const std::vector<store::MetaEntry>& records) {
    for (const auto& record : records) {
        TRY(auto service, service_from_record(record.value));
        const auto name = service.spec.name;
        accounts_[service.account].emplace(name,
                                           ServiceEntry{std::move(service), record.revision, {}});
    }
    return {};
}

namespace {

// The packages of a function, and the folder its layers make together.
void add_names(const Function& function, std::set<std::string>& named) {
    named.insert(function.code.sha256);
    std::vector<std::string> layers;
    for (const auto& layer : function.layers) layers.push_back(layer.code.sha256);
    named.insert(layers.begin(), layers.end());
    if (layers.size() > 1) named.insert(CodeShelf::stack_name(layers));
}

}  // namespace

// Returns the packages that functions name.
Result<std::set<std::string>> Catalog::load_functions(
    const std::vector<store::MetaEntry>& records) {
    std::set<std::string> named;
    for (const auto& record : records) {
        TRY(auto function, function_from_record(record.value));
        TRY(auto* owner, find(function.account, function.service));
        const auto name = function.spec.name;
        add_names(function, named);
        owner->functions.emplace(
            name, FunctionEntry{std::move(function), record.revision, nullptr, {}, nullptr});
    }
    return named;
}

Result<void> Catalog::load_triggers(const std::vector<store::MetaEntry>& records) {
    for (const auto& record : records) {
        TRY(auto trigger, trigger_from_record(record.value));
        TRY(auto* owner, find(trigger.account, trigger.service, trigger.function));
        const auto name = trigger.spec.name;
        owner->triggers.emplace(name, TriggerEntry{std::move(trigger), record.revision});
        TRYV(note_http(*owner));
    }
    return {};
}

Task<> Catalog::restore_packages() {
    for (auto& [account, services] : accounts_)
        for (auto& service : services | std::views::values)
            for (auto& entry : service.functions | std::views::values)
                co_await restore_package(account, service, entry);
}

Task<> Catalog::restore_package(const AccountId& account, const ServiceEntry& service,
                                FunctionEntry& entry) {
    const auto& function = entry.function;
    const auto damaged = [&](const Error& error) {
        log_.error("function {}/{}: {}", function.service, function.spec.name, error.what);
    };
    auto use = co_await shelf_.restore(function.code);
    if (use) entry.use = *std::move(use);
    else damaged(use.error());
    auto layers = co_await layers_.uses_of(function.layers);
    if (layers) entry.layers = *std::move(layers);
    else damaged(layers.error());
    publish(account, service, entry);
}

}  // namespace mayfly::catalog
