// Private to the store: how a new object takes its place, inside a job of the writer.
#pragma once

#include "objects/change.hpp"
#include "objects/conditions.hpp"
#include "objects/index.hpp"

#include <optional>

namespace mayfly::objects {

// conflict (FileAlreadyExists, PreconditionFailed): what is there may not be overwritten.
Result<void> check_present(const Conditions& conditions, bool keep_present,
                           const std::optional<Object>& present);

// How many bytes more there are.
std::int64_t delta(std::uint64_t now, const std::optional<Object>& before);

Change change_of(const Bucket& bucket, Cause cause, Object object, std::int64_t bytes);

// A new object takes its place, and its event is noted; its body is written already. It gets its
// version here.
Result<void> place_object(store::Db& db, Notes& notes, const Bucket& bucket, Object& object,
                          const std::optional<Object>& present, Versioning versioning,
                          Numbers& numbers, const Cause& cause);

// Removes a key as a request without a version does.
Result<Removed> remove_latest(store::Db& db, Notes& notes, const Bucket& bucket,
                              const std::string& key, Versioning versioning, Numbers& numbers,
                              const Cause& cause, WallTime now);
// Removes one version for good; nothing happens if there is none.
Result<Removed> remove_exactly(store::Db& db, Notes& notes, const Bucket& bucket,
                               const std::string& key, const std::string& version,
                               const Cause& cause, WallTime now);

}  // namespace mayfly::objects
