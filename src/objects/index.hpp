// The index: which objects there are, in SQLite. Plain functions on a Db; those that change run
// inside a job of the writer (store/writer.hpp), so each is whole or not at all.
//
// (1) `object` has the current object of each key, `version` what came before it and markers of
//     deletion: a listing reads `object` only.
// (2) A body has one owner unless `shared` counts more; when the last goes, its rows go, and its
// files
//     are noted in `garbage` by the same transaction: a file is removed only once nothing names it.
// (3) Version numbers grow with every change, across restarts too: they follow the clock.
#pragma once

#include "objects/conditions.hpp"
#include "objects/listing.hpp"
#include "objects/types.hpp"
#include "store/db.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mayfly::objects {

std::span<const char* const> index_schema();

inline constexpr int body_shift = 20;  // rows of a body's segments: body << 20 | which

// Numbers for what is new. Writer thread.
class Numbers {
public:
    Result<void> load(store::Db& db);
    std::int64_t next_body() { return ++body_; }
    std::int64_t next_version(WallTime now);

private:
    std::int64_t body_ = 0, version_ = 0;
};

// Reading. Any one thread a Db.
Result<std::vector<Bucket>> read_buckets(store::Db& db);
Result<std::optional<Object>> read_object(store::Db& db, std::int64_t bucket,
                                          const std::string& key);
Result<std::optional<Object>> read_version(store::Db& db, std::int64_t bucket,
                                           const std::string& key, const std::string& version_id);
Result<std::optional<Object>> read_newest_old(store::Db& db, std::int64_t bucket,
                                              const std::string& key);
// The object of a row: key, version, null_version, size, modified, etag, crc64, kind, body, meta.
Object object_of(const store::Statement& row);
Result<std::vector<Segment>> read_segments(store::Db& db, std::int64_t body);
Result<Listing> read_page(store::Db& db, std::int64_t bucket, const ListQuery& query);

// Versions and markers, newest first for each key, behind `after` (empty: behind all of
// query.after's).
Result<VersionListing> read_version_page(store::Db& db, std::int64_t bucket, const ListQuery& query,
                                         const std::string& after);

// not_found (NoSuchBucket): it has gone meanwhile.
Result<Versioning> read_versioning(store::Db& db, std::int64_t bucket);

// Changing.
Result<void> write_segments(store::Db& db, std::int64_t body, std::span<const Segment> segments,
                            std::size_t first = 0);
// Adds to a body; a small end of it is joined with what comes, so that many small pieces do not
// make many segments. invalid: it would have too many.
Result<void> append_segments(store::Db& db, std::int64_t body, std::span<const Segment> segments);
Result<std::size_t> count_segments(store::Db& db, std::int64_t body);
// Moves the segments of one body behind those of another.
Result<void> move_segments(store::Db& db, std::int64_t from, std::int64_t to, std::size_t first);
Result<void> share_body(store::Db& db, std::int64_t body);
Result<void> release_body(store::Db& db, std::int64_t body, WallTime now);

// Makes room for a new current object of the key: what was there becomes an old version, or goes.
Result<void> retire_current(store::Db& db, std::int64_t bucket, const std::string& key,
                            Versioning versioning, WallTime now);
Result<void> write_object(store::Db& db, std::int64_t bucket, const Object& object);  // now current
Result<void> write_marker(store::Db& db, std::int64_t bucket, const Object& marker);

// The same version with another meta; or with other bytes, too.
Result<void> write_meta(store::Db& db, std::int64_t bucket, const Object& object);
Result<void> replace_object(store::Db& db, std::int64_t bucket, const Object& object);

// Removes exactly this version; what came before it becomes current if this one was.
Result<void> remove_version(store::Db& db, std::int64_t bucket, const Object& object, WallTime now);

}  // namespace mayfly::objects
