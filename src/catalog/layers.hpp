// Layers: which versions are published, and how functions come to theirs.
//
// (1) A version is visible to callers only after the store has it, and its package with it.
// (2) Its number is never given to another: it is raised in the store before the version is there.
// (3) A version never changes. Deleting it takes it from those who ask for it; the functions that
//     use it keep it, for each holds a copy of the record and a Use of the package.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "catalog/change.hpp"
#include "catalog/claims.hpp"
#include "catalog/code_shelf.hpp"
#include "catalog/lists.hpp"
#include "model/layer.hpp"
#include "store/meta_store.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace mayfly::catalog {

// FC's limit.
inline constexpr std::size_t layers_of_a_function_max = 5;

// The layers of one function: their packages, each and as one folder.
struct LayerUses {
    std::vector<Use> each;  // in order; none if one of them is damaged
    Use together;           // null if there are none
};
struct FoundLayers {
    std::vector<LayerVersion> versions;
    LayerUses uses;
};

struct LayerVersionPage {
    std::vector<LayerVersion> items;  // by number
    int next_version = 0;             // 0 at the end
};

// Owned by Catalog; loop thread. Codes: InvalidArgument; LayerNotFound: no version of that name is
// left; LayerVersionNotFound; ConcurrentUpdateError.
class Layers {
public:
    Layers(store::MetaStore& meta, CodeShelf& shelf, const Clock& clock, const Log& log);

    // Reads all from the store; returns the packages they name. Then, once the shelf is open,
    // restore(): a version whose package is damaged says so when a function asks for it.
    Task<Result<std::set<std::string>>> load();
    Task<> restore();

    // invalid also for a package that is refused.
    Task<Result<LayerVersion>> publish(AccountId account, std::string name, NewLayerVersion made);
    Task<Result<void>> remove(LayerName name);
    Task<Result<void>> set_public(AccountId account, std::string name, bool is_public);

    // Of another account's layer only if it is public.
    Result<LayerVersion> version(const AccountId& caller, const LayerName& name) const;
    bool is_public(const LayerName& name) const;

    // The newest version of each layer: the account's own, or those that all may use.
    Page<LayerVersion> newest(const AccountId& account, const ListQuery& query) const;
    Page<LayerVersion> newest_public(const ListQuery& query) const;
    Result<LayerVersionPage> versions(const AccountId& account, const std::string& name, int from,
                                      std::size_t limit) const;

    // The layers that a function asks for. One that it uses `already` is found though it is
    // deleted.
    Task<Result<FoundLayers>> find(AccountId caller, std::vector<std::string> arns,
                                   FoundLayers already);

    // The packages of a stored function's layers, unpacked again if need be. Errors: restore()'s of
    // the shelf.
    Task<Result<LayerUses>> uses_of(std::vector<LayerVersion> layers);

private:
    struct VersionEntry {
        LayerVersion version;
        store::MetaRevision revision = 0;
        Use use;  // null if the package is damaged
    };
    struct LayerEntry {
        Layer layer;
        store::MetaRevision revision = 0;
        std::map<int, VersionEntry> versions;
    };
    using Named = std::map<std::string, LayerEntry>;

    const LayerEntry* entry(const AccountId& account, const std::string& name) const;
    LayerEntry* entry(const AccountId& account, const std::string& name);
    Result<const VersionEntry*> visible(const AccountId& caller, const LayerName& name) const;
    Task<Result<void>> save(Layer next);

    store::MetaStore& meta_;
    CodeShelf& shelf_;
    const Clock& clock_;
    const Log& log_;
    Claims claims_;
    std::map<AccountId, Named> accounts_;
};

}  // namespace mayfly::catalog
