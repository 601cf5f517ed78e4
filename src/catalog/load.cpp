// How the catalog comes back after a restart.
#include "catalog/catalog.hpp"
#include "catalog/records.hpp"

namespace mayfly::catalog {

Task<Result<void>> Catalog::load() {
    CO_TRY(const auto services, co_await meta_.list(std::string(service_prefix)));
    CO_TRYV(load_services(services));
    CO_TRY(const auto functions, co_await meta_.list(std::string(function_prefix)));
    CO_TRY(auto named, load_functions(functions));
    CO_TRY(const auto triggers, co_await meta_.list(std::string(trigger_prefix)));
    CO_TRYV(load_triggers(triggers));
    CO_TRYV(co_await shelf_.open(std::move(named)));
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

// Returns the packages that functions name.
Result<std::set<std::string>> Catalog::load_functions(
    const std::vector<store::MetaEntry>& records) {
    std::set<std::string> named;
    for (const auto& record : records) {
        TRY(auto function, function_from_record(record.value));
        TRY(auto* owner, find(function.account, function.service));
        const auto name = function.spec.name;
        named.insert(function.code.sha256);
        owner->functions.emplace(
            name, FunctionEntry{std::move(function), record.revision, nullptr, nullptr});
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
    for (auto& [account, services] : accounts_) {
        for (auto& [_, service] : services) {
            for (auto& [name, entry] : service.functions) {
                auto use = co_await shelf_.restore(entry.function.code);
                if (use) entry.use = *std::move(use);
                else
                    log_.error("function {}/{}: {}", service.service.spec.name, name,
                               use.error().what);
                publish(account, service, entry);
            }
        }
    }
}

}  // namespace mayfly::catalog
