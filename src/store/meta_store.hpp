// Where configuration lives: small values under keys, each with a revision. Narrow, so that a
// second engine (PostgreSQL) can stand behind it; meta_store_contract.hpp says what any engine must
// keep.
//
// (1) A revision is a number that grows with every change in the whole store, deletions included,
// and
//     is never used twice, restarts included.
// (2) put and remove return only after the change is durable.
// (3) A change is made only if the entry still has the revision the caller expects: no lost update.
// (4) Watchers hear every change of this store once, after it is durable, in order of revision.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::store {

using MetaRevision = std::uint64_t;

// What a writer expects to find: a revision it has read, or one of these.
inline constexpr MetaRevision expect_absent = 0;
inline constexpr MetaRevision expect_anything = ~MetaRevision{0};

struct MetaEntry {
    std::string key;
    std::string value;
    MetaRevision revision = 0;
    bool operator==(const MetaEntry&) const = default;
};

// A change as watchers see it: a value that was put, or none if the key was removed.
struct MetaChange {
    std::string key;
    std::optional<std::string> value;
    MetaRevision revision = 0;
    bool operator==(const MetaChange&) const = default;
};

// Used on the loop thread.
class MetaStore {
public:
    virtual ~MetaStore() = default;

    virtual Task<Result<std::optional<MetaEntry>>> get(std::string key) = 0;

    // Returns the new revision. conflict: the entry has another revision than expected.
    virtual Task<Result<MetaRevision>> put(std::string key, std::string value,
                                           MetaRevision expected) = 0;

    // conflict: as put. Removing what is absent is a success for expect_anything only.
    virtual Task<Result<void>> remove(std::string key, MetaRevision expected) = 0;

    // All entries whose key begins with `prefix`, by key in byte order.
    virtual Task<Result<std::vector<MetaEntry>>> list(std::string prefix) = 0;

    // Calls `heard` on the loop thread for each later change under `prefix`, until the returned
    // handle goes. `heard` must not drop the handle from inside the call.
    using Watch = std::shared_ptr<void>;
    virtual Watch watch(std::string prefix, std::function<void(const MetaChange&)> heard) = 0;
};

}  // namespace mayfly::store
