// How asynchronous calls are carried out, function by function.
//
// (1) A change is visible only after the store has it.
// (2) A config goes with its function; what a kill left behind is removed by load().
#pragma once

#include "base/clock.hpp"
#include "catalog/lists.hpp"
#include "model/async_config.hpp"
#include "model/call.hpp"
#include "store/meta_store.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::catalog {

struct AsyncChange {
    std::optional<std::int64_t> retries_max, age_seconds_max, concurrency;
    std::optional<bool> stateful;
    std::optional<std::string> on_success, on_failure;  // "" takes it away
};

// The config after the change. invalid (InvalidArgument): a number outside its limits, or a
// destination that is none. Pure.
Result<AsyncConfig> apply(AsyncConfig config, const AsyncChange& change);

// Owned by Catalog; loop thread.
class AsyncConfigs {
public:
    // Whether a function is there.
    using Exists = std::function<bool(const Target& target)>;

    AsyncConfigs(store::MetaStore& meta, const Clock& clock, Exists exists)
        : meta_(meta), clock_(clock), exists_(std::move(exists)) {}

    // After the functions are there.
    Task<Result<void>> load();

    // What the caller did not name stays. invalid also for a destination function that does not
    // exist; conflict (ConcurrentUpdateError).
    Task<Result<AsyncConfig>> put(Target target, AsyncChange change);

    // not_found: AsyncConfigNotExists.
    Result<AsyncConfig> get(const Target& target) const;
    Task<Result<void>> remove(Target target);

    // Of one function, by qualifier; of an account, all that keep tasks.
    std::vector<AsyncConfig> of_function(const AccountId& account, const std::string& service,
                                         const std::string& function) const;
    std::vector<AsyncConfig> stateful(const AccountId& account) const;

    // What holds for a call: its config, or the defaults. O(log n).
    AsyncConfig effective(const Target& target) const;

    // The function is deleted. What the disk does not let go now, load() removes.
    Task<> forget(AccountId account, std::string service, std::string function);

private:
    struct Entry {
        AsyncConfig config;
        store::MetaRevision revision = 0;
    };
    Result<void> check_exists(const std::string& destination, const AccountId& account) const;

    store::MetaStore& meta_;
    const Clock& clock_;
    Exists exists_;
    std::map<std::string, Entry> entries_;  // by key
};

}  // namespace mayfly::catalog
