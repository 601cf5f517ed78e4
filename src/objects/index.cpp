#include "objects/index.hpp"

#include "objects/feed.hpp"
#include "objects/meta_text.hpp"
#include "store/follower.hpp"

#include <charconv>

namespace mayfly::objects {

using store::Db;
using store::Statement;

namespace {

constexpr const char* kSchema[] = {
    "CREATE TABLE bucket (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, account "
    "TEXT NOT NULL, created INTEGER NOT NULL, acl INTEGER NOT NULL, versioning INTEGER NOT NULL);"
    "CREATE TABLE setting (bucket INTEGER NOT NULL, kind TEXT NOT NULL, value BLOB NOT NULL, "
    "PRIMARY KEY (bucket, kind)) WITHOUT ROWID;"
    "CREATE TABLE object (bucket INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, "
    "null_version INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, etag TEXT "
    "NOT NULL, crc64 INTEGER NOT NULL, kind INTEGER NOT NULL, body INTEGER NOT NULL, meta TEXT NOT "
    "NULL, PRIMARY KEY (bucket, key)) WITHOUT ROWID;"
    "CREATE TABLE version (bucket INTEGER NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, "
    "null_version INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, etag TEXT "
    "NOT NULL, crc64 INTEGER NOT NULL, kind INTEGER NOT NULL, body INTEGER NOT NULL, meta TEXT NOT "
    "NULL, marker INTEGER NOT NULL, PRIMARY KEY (bucket, key, version DESC)) WITHOUT ROWID;"
    "CREATE TABLE segment (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, crc64 INTEGER NOT NULL, "
    "file INTEGER NOT NULL, bytes BLOB);"
    "CREATE TABLE shared (body INTEGER PRIMARY KEY, owners INTEGER NOT NULL);"
    "CREATE TABLE garbage (file INTEGER PRIMARY KEY, since INTEGER NOT NULL);"
    "CREATE TABLE upload (id TEXT PRIMARY KEY, bucket INTEGER NOT NULL, key TEXT NOT NULL, created "
    "INTEGER NOT NULL, meta TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX upload_of ON upload (bucket, key, id);"
    "CREATE TABLE part (upload TEXT NOT NULL, number INTEGER NOT NULL, size INTEGER NOT NULL, etag "
    "TEXT NOT NULL, crc64 INTEGER NOT NULL, modified INTEGER NOT NULL, body INTEGER NOT NULL, sum "
    "TEXT NOT NULL, PRIMARY KEY (upload, number)) WITHOUT ROWID;"
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, due INTEGER NOT NULL, since "
    "INTEGER "
    "NOT NULL, tries INTEGER NOT NULL, target TEXT NOT NULL, event TEXT NOT NULL);"
    "CREATE INDEX outbox_due ON outbox (due);",
    "ALTER TABLE outbox ADD COLUMN parent TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE outbox ADD COLUMN depth INTEGER NOT NULL DEFAULT 0;",
    store::kFollowSchema,
    feed_schema,
    "ALTER TABLE outbox ADD COLUMN traceparent TEXT NOT NULL DEFAULT '';",
};

WallTime wall_of(std::int64_t micros) { return WallTime(Micros(micros)); }
std::int64_t micros_of(WallTime t) { return t.time_since_epoch().count(); }

}  // namespace

Object object_of(const Statement& row) {
    Object o;
    o.key = row.text(0);
    o.version = row.integer(1);
    o.null_version = row.integer(2) != 0;
    o.size = static_cast<std::uint64_t>(row.integer(3));
    o.modified = wall_of(row.integer(4));
    o.etag = row.text(5);
    o.crc64 = static_cast<std::uint64_t>(row.integer(6));
    o.kind = static_cast<ObjectKind>(row.integer(7));
    o.body = row.integer(8);
    o.meta = meta_of(row.text(9));
    return o;
}

namespace {

Result<std::optional<Object>> one_of(Statement& read, bool with_marker) {
    TRY(const bool there, read.step());
    std::optional<Object> found;
    if (there) {
        found = object_of(read);
        if (with_marker) {
            found->is_marker = read.integer(10) != 0;
            found->is_latest = false;
        }
    }
    read.rewind();
    return found;
}

}  // namespace

std::span<const char* const> index_schema() { return kSchema; }

Result<void> Numbers::load(Db& db) {
    TRY(auto read,
        db.prepare("SELECT max(coalesce((SELECT max(version) FROM object), 0), coalesce((SELECT "
                   "max(version) FROM version), 0)), coalesce((SELECT max(id) FROM segment), 0), "
                   "coalesce((SELECT max(body) FROM object), 0), coalesce((SELECT max(body) FROM "
                   "version), 0), coalesce((SELECT max(body) FROM part), 0)"));
    TRYV(read.step());
    version_ = read.integer(0);
    body_ = std::max(
        {read.integer(1) >> body_shift, read.integer(2), read.integer(3), read.integer(4)});
    return {};
}

std::int64_t Numbers::next_version(WallTime now) {
    return version_ = std::max(version_ + 1, micros_of(now));
}

Result<std::vector<Bucket>> read_buckets(Db& db) {
    std::vector<Bucket> all;
    TRY(auto read, db.prepare("SELECT id, name, account, created, acl, versioning FROM bucket"));
    for (;;) {
        TRY(const bool there, read.step());
        if (!there) break;
        all.push_back({.id = read.integer(0),
                       .name = std::string(read.text(1)),
                       .account = std::string(read.text(2)),
                       .created = wall_of(read.integer(3)),
                       .acl = static_cast<Acl>(read.integer(4)),
                       .versioning = static_cast<Versioning>(read.integer(5))});
    }
    TRY(auto settings, db.prepare("SELECT kind, value FROM setting WHERE bucket = ?"));
    for (auto& bucket : all) {
        TRYV(settings.bind(bucket.id));
        for (;;) {
            TRY(const bool there, settings.step());
            if (!there) break;
            bucket.settings.emplace(settings.text(0), settings.text(1));
        }
    }
    return all;
}

Result<std::optional<Object>> read_object(Db& db, std::int64_t bucket, const std::string& key) {
    TRY(auto* read,
        db.cached("SELECT key, version, null_version, size, modified, etag, crc64, kind, body, "
                  "meta FROM object WHERE bucket = ? AND key = ?"));
    TRYV(read->bind(bucket, key));
    return one_of(*read, false);
}

Result<std::optional<Object>> read_version(Db& db, std::int64_t bucket, const std::string& key,
                                           const std::string& wanted) {
    TRY(auto current, read_object(db, bucket, key));
    if (current && version_id(*current) == wanted) return current;
    if (wanted == "null") {
        TRY(auto* read,
            db.cached("SELECT key, version, null_version, size, modified, etag, crc64, kind, body, "
                      "meta, marker FROM version WHERE bucket = ? AND key = ? AND null_version"));
        TRYV(read->bind(bucket, key));
        return one_of(*read, true);
    }
    std::int64_t number = 0;
    const auto [end, bad] =
        std::from_chars(wanted.data(), wanted.data() + wanted.size(), number, 16);
    if (bad != std::errc{} || end != wanted.data() + wanted.size()) return std::nullopt;
    TRY(auto* read,
        db.cached("SELECT key, version, null_version, size, modified, etag, crc64, kind, body, "
                  "meta, marker FROM version WHERE bucket = ? AND key = ? AND version = ? AND NOT "
                  "null_version"));
    TRYV(read->bind(bucket, key, number));
    return one_of(*read, true);
}

Result<std::optional<Object>> read_newest_old(Db& db, std::int64_t bucket, const std::string& key) {
    TRY(auto* read,
        db.cached("SELECT key, version, null_version, size, modified, etag, crc64, kind, body, "
                  "meta, marker FROM version WHERE bucket = ? AND key = ? ORDER BY version DESC "
                  "LIMIT 1"));
    TRYV(read->bind(bucket, key));
    return one_of(*read, true);
}

Result<Versioning> read_versioning(Db& db, std::int64_t bucket) {
    TRY(auto* read, db.cached("SELECT versioning FROM bucket WHERE id = ?"));
    TRYV(read->bind(bucket));
    TRY(const bool there, read->step());
    const auto found = there ? static_cast<Versioning>(read->integer(0)) : Versioning::never;
    read->rewind();
    if (there) return found;
    return fail(Kind::not_found, "the bucket does not exist", "NoSuchBucket");
}

}  // namespace mayfly::objects
