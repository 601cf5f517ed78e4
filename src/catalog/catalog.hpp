// Services, functions and triggers: what exists, who may change it in which order, and which
// revision answers a call. Everything is in memory; the MetaStore is where it comes from at start
// and goes to on change.
//
// (1) A change is visible to callers only after the store has it: what answered once, answers after
// a
//     restart.
// (2) Changes of one function or service never overlap: the second is told ConcurrentUpdateError.
// (3) Every successful change of a function or of its service makes a new revision with a fresh
//     FunctionId; the old one is retired once, and lives on while calls and workers hold it.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "catalog/async_configs.hpp"
#include "catalog/change.hpp"
#include "catalog/claims.hpp"
#include "catalog/code_shelf.hpp"
#include "catalog/layers.hpp"
#include "catalog/lists.hpp"
#include "catalog/scalings.hpp"
#include "model/call.hpp"
#include "model/language.hpp"
#include "model/trigger.hpp"
#include "store/meta_store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::catalog {

// There are no versions or aliases yet: only "" and "LATEST" name something. Codes: VersionNotFound
// for a number, AliasNotFound for any other word.
Result<void> check_qualifier(const std::string& service, const std::string& qualifier);

// Lives on the loop thread. Routes are made and dropped there too.
class Catalog {
public:
    struct Options {
        std::filesystem::path code_folder;  // DATA/code: unpacked packages
        std::string region = "local";       // in ARNs
        PackageLimits package;
        std::vector<Language> languages{std::begin(kLanguages),
                                        std::end(kLanguages)};  // what this machine can run
    };

    // `blobs` must hold code packages and nothing else: what no function names is removed by
    // load(). It outlives `pool`, whose jobs use it.
    Catalog(Options options, store::MetaStore& meta, store::Blobs& blobs, io::BlockingPool& pool,
            const Clock& clock, Rng& rng, const Log& log);

    // Reads all from the store and makes the revisions. Once, before any other call. A function
    // whose package is damaged stays and says so when called.
    Task<Result<void>> load();

    // Called on the loop thread for each revision that no new call will get.
    void on_retired(std::function<void(FunctionId)> tell) { retired_ = std::move(tell); }

    // The same for each that new calls get from now on.
    void on_published(std::function<void(const Route&)> tell) { published_ = std::move(tell); }

    // The revision that answers a call. O(1). not_found: ServiceNotFound, FunctionNotFound,
    // VersionNotFound, AliasNotFound; internal: its package is damaged.
    Result<Route> route(const Target& target) const;

    // Services. Codes: InvalidArgument; ServiceAlreadyExists; ServiceNotFound; PreconditionFailed
    // (the etag is not `if_match`; empty means any); ServiceNotEmpty; ConcurrentUpdateError.
    Task<Result<Service>> create_service(AccountId account, std::string name, ServiceChange change);
    Task<Result<Service>> update_service(AccountId account, std::string name, ServiceChange change,
                                         std::string if_match);
    Task<Result<void>> delete_service(AccountId account, std::string name, std::string if_match);
    Result<Service> service(const AccountId& account, const std::string& name) const;
    Page<Service> services(const AccountId& account, const ListQuery& query) const;

    // Functions: the same with FunctionAlreadyExists, FunctionNotFound; InvalidArgument also for a
    // package that is refused or does not have the promised checksum, and for a layer made for
    // other runtimes; LayerNotFound, LayerVersionNotFound; FunctionNotEmpty while it has triggers.
    Task<Result<Function>> create_function(AccountId account, std::string service, std::string name,
                                           FunctionChange change);
    Task<Result<Function>> update_function(AccountId account, std::string service, std::string name,
                                           FunctionChange change, std::string if_match);
    Task<Result<void>> delete_function(AccountId account, std::string service, std::string name,
                                       std::string if_match);
    Result<Function> function(const AccountId& account, const std::string& service,
                              const std::string& name) const;
    Result<Page<Function>> functions(const AccountId& account, const std::string& service,
                                     const ListQuery& query) const;

    // Triggers: the same with TriggerAlreadyExists, TriggerNotFound; InvalidArgument also for a
    // second http trigger of one qualifier; LimitExceededError.
    Task<Result<Trigger>> create_trigger(AccountId account, std::string service,
                                         std::string function, std::string name,
                                         TriggerChange change);
    Task<Result<Trigger>> update_trigger(AccountId account, std::string service,
                                         std::string function, std::string name,
                                         TriggerChange change, std::string if_match);
    Task<Result<void>> delete_trigger(AccountId account, std::string service, std::string function,
                                      std::string name, std::string if_match);
    Result<Trigger> trigger(const AccountId& account, const std::string& service,
                            const std::string& function, const std::string& name) const;
    Result<Page<Trigger>> triggers(const AccountId& account, const std::string& service,
                                   const std::string& function, const ListQuery& query) const;

    // All of one type, of every account; and what is told on the loop thread, after load(), of each
    // that was made, changed or, `gone`, deleted.
    std::vector<Trigger> triggers_of(std::string_view type) const;
    using OnTrigger = std::function<void(const Trigger& trigger, bool gone)>;
    void on_trigger(OnTrigger tell) { trigger_changed_ = std::move(tell); }

    // Whom the http trigger of this function and qualifier lets in; nothing if there is no such
    // trigger. O(1). not_found: as route().
    Result<std::optional<HttpAccess>> http_access(const Target& target) const;

    Layers& layers() { return layers_; }
    AsyncConfigs& async() { return async_; }
    const AsyncConfigs& async() const { return async_; }
    Scalings& scalings() { return scalings_; }

    // The zip of a function's or layer's code, verified.
    Task<Result<std::string>> package(Code code);

private:
    struct TriggerEntry {
        Trigger trigger;
        store::MetaRevision revision = 0;
    };
    struct FunctionEntry {
        Function function;
        store::MetaRevision revision = 0;
        Use use;           // null if the package is damaged
        LayerUses layers;  // of function.layers; none if one of them is damaged
        Route route;       // null if anything is damaged
        std::map<std::string, TriggerEntry> triggers{};
        std::map<std::string, HttpAccess> http{};  // by qualifier
    };
    struct ServiceEntry {
        Service service;
        store::MetaRevision revision = 0;
        std::map<std::string, FunctionEntry> functions;
    };
    using Services = std::map<std::string, ServiceEntry>;

    struct RouteKey {
        std::string_view account, service, function;  // views of the maps' keys, or of a Target
        bool operator==(const RouteKey&) const = default;
    };
    struct RouteHash {
        std::size_t operator()(const RouteKey& key) const;
    };

    Result<const ServiceEntry*> find(const AccountId& account, const std::string& service) const;
    Result<const FunctionEntry*> find(const AccountId& account, const std::string& service,
                                      const std::string& function) const;
    Result<const FunctionEntry*> find(const Target& target) const;  // O(1), whatever its qualifier
    static Result<const TriggerEntry*> find_trigger(const FunctionEntry& owner,
                                                    const std::string& name);
    Result<ServiceEntry*> find(const AccountId& account, const std::string& service);
    Result<FunctionEntry*> find(const AccountId& account, const std::string& service,
                                const std::string& function);

    Result<void> load_services(const std::vector<store::MetaEntry>& records);
    Result<std::set<std::string>> load_functions(const std::vector<store::MetaEntry>& records);
    Result<void> load_triggers(const std::vector<store::MetaEntry>& records);
    static Result<void> check_http_is_free(const FunctionEntry& owner, const TriggerSpec& spec);
    static Result<void> note_http(FunctionEntry& owner);
    Task<> restore_packages();
    Task<> restore_package(const AccountId& account, const ServiceEntry& service,
                           FunctionEntry& entry);
    Task<Result<Shelved>> shelve(FunctionChange change);
    Task<Result<FoundLayers>> find_layers(AccountId account, std::string runtime,
                                          std::optional<std::vector<std::string>> arns,
                                          FoundLayers already);
    void publish(const AccountId& account, const ServiceEntry& service, FunctionEntry& entry);
    void retire(const FunctionEntry& entry);

    std::string region_;
    std::vector<Language> languages_;
    store::MetaStore& meta_;
    store::Blobs& blobs_;
    io::BlockingPool& pool_;
    const Clock& clock_;
    Rng& rng_;
    const Log& log_;
    std::function<void(FunctionId)> retired_;
    OnTrigger trigger_changed_ = [](const Trigger&, bool) {};
    std::function<void(const Route&)> published_;
    std::uint64_t last_id_ = 0;
    Claims claims_;
    std::map<AccountId, Services> accounts_;
    std::unordered_map<RouteKey, const FunctionEntry*, RouteHash> routes_;
    Layers layers_;
    AsyncConfigs async_;
    Scalings scalings_;
    CodeShelf shelf_;  // last: it goes first, so that the routes above remove no code at the end
};

}  // namespace mayfly::catalog
