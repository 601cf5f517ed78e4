#include "catalog/catalog.hpp"

#include "base/check.hpp"
#include "base/text.hpp"
#include "catalog/layer_arn.hpp"
#include "catalog/records.hpp"
#include "catalog/validate.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::catalog {

namespace {

Failure no_service(const std::string& name) {
    return fail(Kind::not_found, fmt::format("service '{}' does not exist", name),
                "ServiceNotFound");
}
Failure no_function(const std::string& service, const std::string& name) {
    return fail(Kind::not_found,
                fmt::format("function '{}' does not exist in service '{}'", name, service),
                "FunctionNotFound");
}

}  // namespace

Result<void> check_qualifier(const std::string& service, const std::string& qualifier) {
    if (qualifier.empty() || qualifier == "LATEST") return {};
    if (parse_int(qualifier))
        return fail(Kind::not_found,
                    fmt::format("version '{}' of service '{}' does not exist", qualifier, service),
                    "VersionNotFound");
    return fail(Kind::not_found,
                fmt::format("alias '{}' of service '{}' does not exist", qualifier, service),
                "AliasNotFound");
}

std::size_t Catalog::RouteHash::operator()(const RouteKey& key) const {
    const std::hash<std::string_view> h;
    std::size_t sum = h(key.function);
    for (const auto part : {key.service, key.account}) sum = sum * 0x9E3779B97F4A7C15ull + h(part);
    return sum;
}

Catalog::Catalog(Options options, store::MetaStore& meta, store::Blobs& blobs,
                 io::BlockingPool& pool, const Clock& clock, Rng& rng, const Log& log)
    : region_(std::move(options.region)),
      languages_(std::move(options.languages)),
      meta_(meta),
      blobs_(blobs),
      pool_(pool),
      clock_(clock),
      rng_(rng),
      log_(log),
      layers_(meta, shelf_, clock, log),
      async_(meta, clock,
             [this](const Target& t) {
                 return std::as_const(*this).find(t.account, t.service, t.function).has_value();
             }),
      scalings_(meta, rng),
      shelf_(std::move(options.code_folder), options.package, blobs, pool, log) {}

Result<const Catalog::ServiceEntry*> Catalog::find(const AccountId& account,
                                                   const std::string& service) const {
    if (const auto a = accounts_.find(account); a != accounts_.end())
        if (const auto s = a->second.find(service); s != a->second.end()) return &s->second;
    return no_service(service);
}

Result<const Catalog::FunctionEntry*> Catalog::find(const AccountId& account,
                                                    const std::string& service,
                                                    const std::string& function) const {
    TRY(const auto* owner, find(account, service));
    if (const auto f = owner->functions.find(function); f != owner->functions.end())
        return &f->second;
    return no_function(service, function);
}

Result<Catalog::ServiceEntry*> Catalog::find(const AccountId& account, const std::string& service) {
    TRY(const auto* found, std::as_const(*this).find(account, service));
    return const_cast<ServiceEntry*>(found);
}

Result<Catalog::FunctionEntry*> Catalog::find(const AccountId& account, const std::string& service,
                                              const std::string& function) {
    TRY(const auto* found, std::as_const(*this).find(account, service, function));
    return const_cast<FunctionEntry*>(found);
}

Result<const Catalog::FunctionEntry*> Catalog::find(const Target& target) const {
    const auto at = routes_.find({target.account, target.service, target.function});
    if (at != routes_.end()) return at->second;
    TRYV(find(target.account, target.service, target.function));
    CHECK(false);  // routes_ holds every function
}

Result<Route> Catalog::route(const Target& target) const {
    TRY(const auto* entry, find(target));
    TRYV(check_qualifier(target.service, target.qualifier));
    if (entry->route) return entry->route;
    return fail(
        Kind::internal,
        fmt::format("the stored code of function '{}' or a layer of it is damaged; upload it again",
                    target.function),
        "CodeDamaged");
}

// Makes a new revision of the entry the one that answers (3).
void Catalog::publish(const AccountId& account, const ServiceEntry& service, FunctionEntry& entry) {
    struct Held {
        Revision revision;
        Use use, layers;  // keep the code while the revision lives
    };
    retire(entry);
    entry.route.reset();
    const auto& in_map = accounts_.find(account)->first;
    const auto services = accounts_.find(account)->second.find(service.service.spec.name);
    const auto function = services->second.functions.find(entry.function.spec.name);
    routes_.insert_or_assign(RouteKey{in_map, services->first, function->first}, &entry);
    if (!entry.use || entry.layers.each.size() != entry.function.layers.size()) return;
    const auto held = std::make_shared<const Held>(Held{
        {.id = FunctionId{++last_id_},
         .function = entry.function,
         .service = service.service.spec,
         .folders = {CodeShelf::folder_of(entry.use), CodeShelf::folder_of(entry.layers.together)}},
        entry.use,
        entry.layers.together});
    entry.route = Route(held, &held->revision);
    if (published_) published_(entry.route);
}

void Catalog::retire(const FunctionEntry& entry) {
    if (entry.route && retired_) retired_(entry.route->id);
}

Result<Service> Catalog::service(const AccountId& account, const std::string& name) const {
    TRY(const auto* entry, find(account, name));
    return entry->service;
}

Page<Service> Catalog::services(const AccountId& account, const ListQuery& query) const {
    const auto at = accounts_.find(account);
    if (at == accounts_.end()) return {};
    return page<Service>(at->second, query, [](const ServiceEntry& e) { return e.service; });
}

Result<Function> Catalog::function(const AccountId& account, const std::string& service,
                                   const std::string& name) const {
    TRY(const auto* entry, find(account, service, name));
    return entry->function;
}

Result<Page<Function>> Catalog::functions(const AccountId& account, const std::string& service,
                                          const ListQuery& query) const {
    TRY(const auto* owner, find(account, service));
    return page<Function>(owner->functions, query,
                          [](const FunctionEntry& e) { return e.function; });
}

Task<Result<Service>> Catalog::create_service(AccountId account, std::string name,
                                              ServiceChange change) {
    const auto spec = apply(ServiceSpec{.name = name}, change);
    CO_TRYV(validate(spec));
    CO_TRY(const auto claim, claims_.service(account, name));
    if (find(account, name))
        co_return fail(Kind::conflict, fmt::format("service '{}' already exists", name),
                       "ServiceAlreadyExists");
    const auto now = clock_.wall();
    const Service made{.account = account,
                       .spec = spec,
                       .id = random_uuid(rng_),
                       .created = now,
                       .modified = now,
                       .etag = random_hex(rng_, 16)};
    CO_TRY(const auto revision,
           co_await meta_.put(key_of(made), to_record(made), store::expect_absent));
    accounts_[account].emplace(name, ServiceEntry{made, revision, {}});
    co_return made;
}

Task<Result<Service>> Catalog::update_service(AccountId account, std::string name,
                                              ServiceChange change, std::string if_match) {
    CO_TRY(auto* entry, find(account, name));
    CO_TRY(const auto claim, claims_.service(account, name));
    CO_TRYV(check_etag(name, entry->service.etag, if_match));
    auto next = entry->service;
    next.spec = apply(next.spec, change);
    CO_TRYV(validate(next.spec));
    next.modified = clock_.wall();
    next.etag = random_hex(rng_, 16);
    CO_TRY(entry->revision, co_await meta_.put(key_of(next), to_record(next), entry->revision));
    entry->service = next;
    for (auto& [_, function] : entry->functions) publish(account, *entry, function);
    co_return next;
}

Task<Result<void>> Catalog::delete_service(AccountId account, std::string name,
                                           std::string if_match) {
    CO_TRY(auto* entry, find(account, name));
    CO_TRY(const auto claim, claims_.service(account, name));
    CO_TRYV(check_etag(name, entry->service.etag, if_match));
    if (!entry->functions.empty())
        co_return fail(
            Kind::conflict,
            fmt::format("service '{}' still has {} function(s), '{}' among them; delete them first",
                        name, entry->functions.size(), entry->functions.begin()->first),
            "ServiceNotEmpty");
    CO_TRYV(co_await meta_.remove(key_of(entry->service), entry->revision));
    accounts_[account].erase(name);
    co_return Result<void>();
}

// The package of a change, checked and stored.
Task<Result<Shelved>> Catalog::shelve(FunctionChange change) {
    CO_TRY(auto shelved, co_await shelf_.put(*std::move(change.zip)));
    const auto sum = std::to_string(shelved.code.crc64);
    if (change.checksum && *change.checksum != sum)
        co_return fail(
            Kind::invalid,
            fmt::format(
                "the package has the checksum {}, not {} as the request says; send it again", sum,
                *change.checksum),
            "InvalidArgument");
    co_return shelved;
}

// The layers that a function of that runtime is to have: those it asks for, else those it has.
Task<Result<FoundLayers>> Catalog::find_layers(AccountId account, std::string runtime,
                                               std::optional<std::vector<std::string>> arns,
                                               FoundLayers already) {
    if (arns) {
        CO_TRY(already, co_await layers_.find(account, *std::move(arns), std::move(already)));
    }
    for (const auto& layer : already.versions)
        CO_TRYV(validate_fit(runtime, layer, layer_arn(layer.name, region_)));
    co_return already;
}

Task<Result<Function>> Catalog::create_function(AccountId account, std::string service,
                                                std::string name, FunctionChange change) {
    CO_TRY(auto* owner, find(account, service));
    const auto spec = apply(FunctionSpec{.name = name}, change);
    CO_TRYV(validate(spec, languages_));
    if (!change.zip)
        co_return fail(Kind::invalid, "code is required: send code.zipFile, a zip file in base64",
                       "InvalidArgument");
    CO_TRY(const auto claim, claims_.function(account, service, name));
    if (owner->functions.contains(name))
        co_return fail(Kind::conflict,
                       fmt::format("function '{}' already exists in service '{}'", name, service),
                       "FunctionAlreadyExists");
    CO_TRY(auto layers, co_await find_layers(account, spec.runtime, std::move(change.layers), {}));
    CO_TRY(auto shelved, co_await shelve(std::move(change)));
    const auto now = clock_.wall();
    const Function made{.account = account,
                        .service = service,
                        .spec = spec,
                        .code = shelved.code,
                        .layers = std::move(layers.versions),
                        .id = random_uuid(rng_),
                        .created = now,
                        .modified = now,
                        .etag = random_hex(rng_, 16)};
    CO_TRY(const auto revision,
           co_await meta_.put(key_of(made), to_record(made), store::expect_absent));
    auto& entry = owner->functions[name];  // the claim kept the service in place
    entry = {made, revision, std::move(shelved.use), std::move(layers.uses), nullptr};
    publish(account, *owner, entry);
    co_return made;
}

Task<Result<Function>> Catalog::update_function(AccountId account, std::string service,
                                                std::string name, FunctionChange change,
                                                std::string if_match) {
    CO_TRY(auto* owner, find(account, service));
    CO_TRY(auto* entry, find(account, service, name));
    CO_TRY(const auto claim, claims_.function(account, service, name));
    CO_TRYV(check_etag(name, entry->function.etag, if_match));
    auto next = entry->function;
    next.spec = apply(next.spec, change);
    CO_TRYV(validate(next.spec, languages_));
    CO_TRY(auto layers, co_await find_layers(account, next.spec.runtime, std::move(change.layers),
                                             {next.layers, entry->layers}));
    next.layers = std::move(layers.versions);
    auto use = entry->use;
    if (change.zip) {
        CO_TRY(auto shelved, co_await shelve(std::move(change)));
        next.code = shelved.code;
        use = std::move(shelved.use);
    }
    next.modified = clock_.wall();
    next.etag = random_hex(rng_, 16);
    CO_TRY(entry->revision, co_await meta_.put(key_of(next), to_record(next), entry->revision));
    entry->function = next;
    entry->use = std::move(use);
    entry->layers = std::move(layers.uses);
    publish(account, *owner, *entry);
    co_return next;
}

Task<Result<void>> Catalog::delete_function(AccountId account, std::string service,
                                            std::string name, std::string if_match) {
    CO_TRY(auto* owner, find(account, service));
    CO_TRY(auto* entry, find(account, service, name));
    CO_TRY(const auto claim, claims_.function(account, service, name));
    CO_TRYV(check_etag(name, entry->function.etag, if_match));
    if (!entry->triggers.empty())
        co_return fail(
            Kind::conflict,
            fmt::format(
                "function '{}' has {} active trigger(s), '{}' among them; delete them first", name,
                entry->triggers.size(), entry->triggers.begin()->first),
            "FunctionNotEmpty");
    CO_TRYV(co_await scalings_.forget(account, service, name));
    CO_TRYV(co_await meta_.remove(key_of(entry->function), entry->revision));
    retire(*entry);
    routes_.erase({account, service, name});
    owner->functions.erase(name);
    co_await async_.forget(account, service, name);
    co_return Result<void>();
}

Task<Result<std::string>> Catalog::package(Code code) {
    co_return co_await io::blocking(
        pool_, [&blobs = blobs_, sha256 = code.sha256] { return blobs.get(sha256); });
}

}  // namespace mayfly::catalog
