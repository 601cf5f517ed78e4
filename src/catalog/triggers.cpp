// Triggers: a change of one counts as a change of its function, so that they keep within their
// number and none is added to a function that goes.
#include "base/text.hpp"
#include "catalog/catalog.hpp"
#include "catalog/http_trigger.hpp"
#include "catalog/records.hpp"
#include "catalog/trigger_rules.hpp"

#include <fmt/format.h>

namespace mayfly::catalog {

namespace {

Failure no_trigger(const std::string& function, const std::string& name) {
    return fail(Kind::not_found,
                fmt::format("trigger '{}' of function '{}' does not exist", name, function),
                "TriggerNotFound");
}

std::string or_latest(const std::string& qualifier) {
    return qualifier.empty() ? "LATEST" : qualifier;
}

}  // namespace

// A qualifier has one http trigger at most: there is one door.
Result<void> Catalog::check_http_is_free(const FunctionEntry& owner, const TriggerSpec& spec) {
    for (const auto& [name, entry] : owner.triggers) {
        const auto& other = entry.trigger.spec;
        if (name == spec.name || other.type != spec.type || spec.type != "http" ||
            or_latest(other.qualifier) != or_latest(spec.qualifier))
            continue;
        return fail(Kind::invalid,
                    fmt::format("function '{}' has the http trigger '{}' for {} already; change "
                                "that one, or delete it first",
                                owner.function.spec.name, name, or_latest(spec.qualifier)),
                    "InvalidArgument");
    }
    return {};
}

// What http_access() looks up.
Result<void> Catalog::note_http(FunctionEntry& owner) {
    owner.http.clear();
    for (const auto& [_, entry] : owner.triggers) {
        const auto& spec = entry.trigger.spec;
        if (spec.type != "http") continue;
        TRY(owner.http[or_latest(spec.qualifier)], read_http_config(spec.config));
    }
    return {};
}

Result<std::optional<HttpAccess>> Catalog::http_access(const Target& target) const {
    TRY(const auto* owner, find(target));
    TRYV(check_qualifier(target.service, target.qualifier));
    const auto at = owner->http.find(or_latest(target.qualifier));
    if (at == owner->http.end()) return std::nullopt;
    return at->second;
}

Result<const Catalog::TriggerEntry*> Catalog::find_trigger(const FunctionEntry& owner,
                                                           const std::string& name) {
    if (const auto t = owner.triggers.find(name); t != owner.triggers.end()) return &t->second;
    return no_trigger(owner.function.spec.name, name);
}

Result<Trigger> Catalog::trigger(const AccountId& account, const std::string& service,
                                 const std::string& function, const std::string& name) const {
    TRY(const auto* owner, find(account, service, function));
    TRY(const auto* entry, find_trigger(*owner, name));
    return entry->trigger;
}

std::vector<Trigger> Catalog::triggers_of(std::string_view type) const {
    std::vector<Trigger> found;
    for (const auto& [_, services] : accounts_)
        for (const auto& [name, service] : services)
            for (const auto& [function, entry] : service.functions)
                for (const auto& [trigger, kept] : entry.triggers)
                    if (kept.trigger.spec.type == type) found.push_back(kept.trigger);
    return found;
}

Result<Page<Trigger>> Catalog::triggers(const AccountId& account, const std::string& service,
                                        const std::string& function, const ListQuery& query) const {
    TRY(const auto* owner, find(account, service, function));
    return page<Trigger>(owner->triggers, query, [](const TriggerEntry& e) { return e.trigger; });
}

Task<Result<Trigger>> Catalog::create_trigger(AccountId account, std::string service,
                                              std::string function, std::string name,
                                              TriggerChange change) {
    CO_TRY(auto* owner, find(account, service, function));
    CO_TRY(const auto spec, check_trigger(apply(TriggerSpec{.name = name}, change)));
    CO_TRYV(check_qualifier(service, spec.qualifier));
    CO_TRY(const auto claim, claims_.function(account, service, function));
    if (owner->triggers.contains(name))
        co_return fail(Kind::conflict,
                       fmt::format("function '{}' has a trigger '{}' already", function, name),
                       "TriggerAlreadyExists");
    if (owner->triggers.size() >= triggers_max)
        co_return fail(Kind::invalid,
                       fmt::format("function '{}' has {} triggers, as many as it may have; delete "
                                   "one first",
                                   function, triggers_max),
                       "LimitExceededError");
    CO_TRYV(check_http_is_free(*owner, spec));
    const auto now = clock_.wall();
    const Trigger made{.account = account,
                       .service = service,
                       .function = function,
                       .spec = spec,
                       .id = random_uuid(rng_),
                       .created = now,
                       .modified = now,
                       .etag = random_hex(rng_, 16)};
    CO_TRY(const auto revision,
           co_await meta_.put(key_of(made), to_record(made), store::expect_absent));
    owner->triggers.emplace(name, TriggerEntry{made, revision});  // the claim kept the function
    CO_TRYV(note_http(*owner));
    trigger_changed_(made, false);
    co_return made;
}

Task<Result<Trigger>> Catalog::update_trigger(AccountId account, std::string service,
                                              std::string function, std::string name,
                                              TriggerChange change, std::string if_match) {
    CO_TRY(auto* owner, find(account, service, function));
    CO_TRY(const auto claim, claims_.function(account, service, function));
    CO_TRYV(find_trigger(*owner, name));
    auto& entry = owner->triggers.at(name);
    CO_TRYV(check_etag(name, entry.trigger.etag, if_match));
    if (change.type && *change.type != entry.trigger.spec.type)
        co_return fail(Kind::invalid,
                       fmt::format("triggerType cannot be changed: '{}' is of type {}; delete it "
                                   "and create another",
                                   name, entry.trigger.spec.type),
                       "InvalidArgument");
    auto next = entry.trigger;
    CO_TRY(next.spec, check_trigger(apply(next.spec, change)));
    CO_TRYV(check_qualifier(service, next.spec.qualifier));
    CO_TRYV(check_http_is_free(*owner, next.spec));
    next.modified = clock_.wall();
    next.etag = random_hex(rng_, 16);
    CO_TRY(entry.revision, co_await meta_.put(key_of(next), to_record(next), entry.revision));
    entry.trigger = next;
    CO_TRYV(note_http(*owner));
    trigger_changed_(next, false);
    co_return next;
}

Task<Result<void>> Catalog::delete_trigger(AccountId account, std::string service,
                                           std::string function, std::string name,
                                           std::string if_match) {
    CO_TRY(auto* owner, find(account, service, function));
    CO_TRY(const auto claim, claims_.function(account, service, function));
    CO_TRY(const auto* entry, find_trigger(*owner, name));
    CO_TRYV(check_etag(name, entry->trigger.etag, if_match));
    CO_TRYV(co_await meta_.remove(key_of(entry->trigger), entry->revision));
    const auto gone = std::move(owner->triggers.at(name).trigger);
    owner->triggers.erase(name);
    trigger_changed_(gone, true);
    co_return note_http(*owner);
}

}  // namespace mayfly::catalog
