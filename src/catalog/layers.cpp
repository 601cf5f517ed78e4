#include "catalog/layers.hpp"

#include "catalog/layer_arn.hpp"
#include "catalog/records.hpp"
#include "catalog/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ranges>

namespace mayfly::catalog {

namespace {

Failure no_layer(const std::string& name) {
    return fail(Kind::not_found, fmt::format("layer '{}' does not exist", name), "LayerNotFound");
}
Failure no_version(const LayerName& name) {
    return fail(Kind::not_found,
                fmt::format("version {} of layer '{}' does not exist", name.version, name.name),
                "LayerVersionNotFound");
}

// The newest version of each layer for which `wanted` holds.
template <class Map, class Wanted>
std::map<std::string, LayerVersion> newest_of(const Map& layers, Wanted wanted) {
    std::map<std::string, LayerVersion> all;
    for (const auto& [name, entry] : layers)
        if (!entry.versions.empty() && wanted(entry.layer))
            all.emplace(name, entry.versions.rbegin()->second.version);
    return all;
}

Page<LayerVersion> page_of(const std::map<std::string, LayerVersion>& all, const ListQuery& query) {
    return page<LayerVersion>(all, query, std::identity());
}

}  // namespace

Layers::Layers(store::MetaStore& meta, CodeShelf& shelf, const Clock& clock, const Log& log)
    : meta_(meta), shelf_(shelf), clock_(clock), log_(log) {}

Task<Result<std::set<std::string>>> Layers::load() {
    CO_TRY(const auto layers, co_await meta_.list(std::string(layer_prefix)));
    for (const auto& record : layers) {
        CO_TRY(auto layer, layer_from_record(record.value));
        auto& at = accounts_[layer.account][layer.name];
        at = {std::move(layer), record.revision, {}};
    }
    std::set<std::string> named;
    CO_TRY(const auto versions, co_await meta_.list(std::string(layer_version_prefix)));
    for (const auto& record : versions) {
        CO_TRY(auto version, layer_version_from_record(record.value));
        named.insert(version.code.sha256);
        const auto name = version.name;
        accounts_[name.account][name.name].versions[name.version] = {std::move(version),
                                                                     record.revision, nullptr};
    }
    co_return named;
}

Task<> Layers::restore() {
    for (auto& named : accounts_ | std::views::values) {
        for (auto& [name, layer] : named) {
            for (auto& [number, entry] : layer.versions) {
                auto use = co_await shelf_.restore(entry.version.code);
                if (use) entry.use = *std::move(use);
                else log_.error("layer {} version {}: {}", name, number, use.error().what);
            }
        }
    }
}

const Layers::LayerEntry* Layers::entry(const AccountId& account, const std::string& name) const {
    const auto named = accounts_.find(account);
    if (named == accounts_.end()) return nullptr;
    const auto found = named->second.find(name);
    return found == named->second.end() ? nullptr : &found->second;
}

Layers::LayerEntry* Layers::entry(const AccountId& account, const std::string& name) {
    return const_cast<LayerEntry*>(std::as_const(*this).entry(account, name));
}

Task<Result<void>> Layers::save(Layer next) {
    const auto* before = entry(next.account, next.name);
    CO_TRY(const auto revision,
           co_await meta_.put(key_of(next), to_record(next),
                              before ? before->revision : store::expect_absent));
    auto& at = accounts_[next.account][next.name];
    at.layer = std::move(next);
    at.revision = revision;
    co_return Result<void>();
}

Task<Result<LayerVersion>> Layers::publish(AccountId account, std::string name,
                                           NewLayerVersion made) {
    LayerVersion version{.name = {account, name, 0},
                         .description = std::move(made.description),
                         .runtimes = std::move(made.runtimes),
                         .code = {},
                         .created = clock_.wall()};
    CO_TRYV(validate(version));
    if (!made.zip)
        co_return fail(Kind::invalid, "code is required: send code.zipFile, a zip file in base64",
                       "InvalidArgument");
    CO_TRY(auto shelved, co_await shelf_.put(*std::move(made.zip)));
    version.code = shelved.code;
    CO_TRY(const auto claim, claims_.service(account, name));
    const auto* before = entry(account, name);
    auto layer = before ? before->layer : Layer{.account = account, .name = name};
    version.name.version = ++layer.last_version;
    CO_TRYV(co_await save(layer));  // (2)
    CO_TRY(const auto revision,
           co_await meta_.put(key_of(version.name), to_record(version), store::expect_absent));
    accounts_[account][name].versions[version.name.version] = {version, revision,
                                                               std::move(shelved.use)};
    co_return version;
}

Task<Result<void>> Layers::remove(LayerName name) {
    CO_TRYV(visible(name.account, name));
    CO_TRY(const auto claim, claims_.service(name.account, name.name));
    auto& versions = entry(name.account, name.name)->versions;
    if (!versions.contains(name.version)) co_return no_version(name);
    CO_TRYV(co_await meta_.remove(key_of(name), versions.at(name.version).revision));
    versions.erase(name.version);
    co_return Result<void>();
}

Task<Result<void>> Layers::set_public(AccountId account, std::string name, bool is_public) {
    const auto* found = entry(account, name);
    if (!found || found->versions.empty()) co_return no_layer(name);
    CO_TRY(const auto claim, claims_.service(account, name));
    auto next = found->layer;
    next.is_public = is_public;
    co_return co_await save(std::move(next));
}

Result<const Layers::VersionEntry*> Layers::visible(const AccountId& caller,
                                                    const LayerName& name) const {
    const auto* layer = entry(name.account, name.name);
    const bool may = layer && (caller == name.account || layer->layer.is_public);
    if (!may || layer->versions.empty()) return no_layer(name.name);
    const auto found = layer->versions.find(name.version);
    if (found == layer->versions.end()) return no_version(name);
    return &found->second;
}

Result<LayerVersion> Layers::version(const AccountId& caller, const LayerName& name) const {
    TRY(const auto* found, visible(caller, name));
    return found->version;
}

bool Layers::is_public(const LayerName& name) const {
    const auto* found = entry(name.account, name.name);
    return found && found->layer.is_public;
}

Page<LayerVersion> Layers::newest(const AccountId& account, const ListQuery& query) const {
    const auto named = accounts_.find(account);
    if (named == accounts_.end()) return {};
    return page_of(newest_of(named->second, [](const Layer&) { return true; }), query);
}

// Of two accounts' layers with one name the first account's is listed.
Page<LayerVersion> Layers::newest_public(const ListQuery& query) const {
    std::map<std::string, LayerVersion> all;
    for (const auto& named : accounts_ | std::views::values)
        all.merge(newest_of(named, [](const Layer& layer) { return layer.is_public; }));
    return page_of(all, query);
}

Result<LayerVersionPage> Layers::versions(const AccountId& account, const std::string& name,
                                          int from, std::size_t limit) const {
    const auto* layer = entry(account, name);
    if (!layer || layer->versions.empty()) return no_layer(name);
    LayerVersionPage out;
    for (auto at = layer->versions.lower_bound(from); at != layer->versions.end(); ++at) {
        if (out.items.size() == limit) {
            out.next_version = at->first;
            break;
        }
        out.items.push_back(at->second.version);
    }
    return out;
}

Task<Result<FoundLayers>> Layers::find(AccountId caller, std::vector<std::string> arns,
                                       FoundLayers already) {
    if (arns.size() > layers_of_a_function_max)
        co_return fail(Kind::invalid,
                       fmt::format("layers has {} entries; a function may have {}", arns.size(),
                                   layers_of_a_function_max),
                       "InvalidArgument");
    FoundLayers found;
    for (const auto& arn : arns) {
        CO_TRY(const auto name, parse_layer_arn(arn, caller));
        const auto mine =
            std::ranges::find(already.versions, name, [](const auto& v) { return v.name; });
        if (mine != already.versions.end() && !already.uses.each.empty()) {
            found.versions.push_back(*mine);
            found.uses.each.push_back(
                already.uses.each.at(static_cast<std::size_t>(mine - already.versions.begin())));
            continue;
        }
        CO_TRY(const auto* published, visible(caller, name));
        if (!published->use)
            co_return fail(Kind::internal,
                           fmt::format("the stored package of layer '{}' is damaged", arn),
                           "CodeDamaged");
        found.versions.push_back(published->version);
        found.uses.each.push_back(published->use);
    }
    CO_TRY(found.uses.together, co_await shelf_.stack(found.uses.each));
    co_return found;
}

Task<Result<LayerUses>> Layers::uses_of(std::vector<LayerVersion> layers) {
    LayerUses uses;
    for (const auto& layer : layers) {
        CO_TRY(auto use, co_await shelf_.restore(layer.code));
        uses.each.push_back(std::move(use));
    }
    CO_TRY(uses.together, co_await shelf_.stack(uses.each));
    co_return uses;
}

}  // namespace mayfly::catalog
