// How many workers each function may have and keeps, by account, service, function and qualifier.
// Records: fc/scaling/{account}/{service}/{function}/{qualifier}, JSON with a format number.
//
// (1) A setting is told to whoever heeds it only after the store has it.
// (2) Changes of one function never overlap: the second is told ConcurrentUpdateError.
#pragma once

#include "base/result.hpp"
#include "base/rng.hpp"
#include "catalog/claims.hpp"
#include "catalog/lists.hpp"
#include "io/task.hpp"
#include "model/call.hpp"
#include "model/scaling.hpp"
#include "store/meta_store.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace mayfly::catalog {

// What a scaling is of. The qualifier is never empty: LATEST.
struct ScalingKey {
    AccountId account;
    std::string service, function, qualifier;
    auto operator<=>(const ScalingKey&) const = default;
};
ScalingKey scaling_key(const Target& target);

// Loop thread only. The caller makes sure that the function is there.
class Scalings {
public:
    Scalings(store::MetaStore& meta, Rng& rng) : meta_(meta), rng_(rng) {}

    // Reads all from the store. Once.
    Task<Result<void>> load();

    // Called for each setting that changed, and, once set, for each that there is.
    using Heard = std::function<void(const ScalingKey&, const Scaling&)>;
    void on_changed(Heard heard);

    // Nothing where nothing is set. Valid until the next change.
    const Scaling* find(const ScalingKey& key) const;
    const std::map<ScalingKey, Scaling>& all() const { return scalings_; }

    // invalid (InvalidArgument): a number out of bounds; conflict (PreconditionFailed): the etag is
    // not `if_match`, which is empty for any.
    Task<Result<OnDemandConfig>> put_on_demand(ScalingKey key, int instances_max,
                                               std::string if_match);
    // not_found (OnDemandConfigNotFound).
    Task<Result<void>> delete_on_demand(ScalingKey key, std::string if_match);

    // A target of 0 and no rules: nothing is kept, and nothing is left of the setting.
    Task<Result<ProvisionConfig>> put_provision(ScalingKey key, ProvisionConfig config);

    // All of a function that goes.
    Task<Result<void>> forget(AccountId account, std::string service, std::string function);

private:
    Task<Result<void>> store(ScalingKey key, Scaling next);

    store::MetaStore& meta_;
    Rng& rng_;
    std::map<ScalingKey, Scaling> scalings_;
    Claims claims_;
    Heard heard_;
};

}  // namespace mayfly::catalog
