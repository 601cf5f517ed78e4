#include "objects/index.hpp"
#include "objects/meta_text.hpp"

namespace mayfly::objects {

using store::Db;

namespace {

std::int64_t micros_of(WallTime t) { return t.time_since_epoch().count(); }

Result<void> drop_current(Db& db, std::int64_t bucket, const std::string& key) {
    TRY(auto* drop, db.cached("DELETE FROM object WHERE bucket = ? AND key = ?"));
    return drop->run(bucket, key);
}

Result<void> drop_old(Db& db, std::int64_t bucket, const std::string& key, std::int64_t version) {
    TRY(auto* drop, db.cached("DELETE FROM version WHERE bucket = ? AND key = ? AND version = ?"));
    return drop->run(bucket, key, version);
}

Result<void> keep_as_old(Db& db, std::int64_t bucket, const std::string& key) {
    TRY(auto* move, db.cached("INSERT INTO version SELECT *, 0 FROM object WHERE bucket = ? AND "
                              "key = ?"));
    TRYV(move->run(bucket, key));
    return drop_current(db, bucket, key);
}

// The newest old version becomes current, unless it says that the key was deleted.
Result<void> promote(Db& db, std::int64_t bucket, const std::string& key) {
    TRY(const auto newest, read_newest_old(db, bucket, key));
    if (!newest || newest->is_marker) return {};
    TRYV(write_object(db, bucket, *newest));
    return drop_old(db, bucket, key, newest->version);
}

}  // namespace

Result<void> retire_current(Db& db, std::int64_t bucket, const std::string& key,
                            Versioning versioning, WallTime now) {
    TRY(const auto current, read_object(db, bucket, key));
    if (versioning == Versioning::suspended) {  // there is one null version at most
        TRY(const auto null, read_version(db, bucket, key, "null"));
        if (null && !null->is_latest) {
            TRYV(release_body(db, null->body, now));
            TRYV(drop_old(db, bucket, key, null->version));
        }
    }
    if (!current) return {};
    const bool kept = versioning == Versioning::enabled ||
                      (versioning == Versioning::suspended && !current->null_version);
    if (kept) return keep_as_old(db, bucket, key);
    TRYV(release_body(db, current->body, now));
    return drop_current(db, bucket, key);
}

Result<void> write_object(Db& db, std::int64_t bucket, const Object& o) {
    TRY(auto* put,
        db.cached("INSERT OR REPLACE INTO object VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
    return put->run(bucket, o.key, o.version, int{o.null_version}, o.size, micros_of(o.modified),
                    o.etag, o.crc64, static_cast<int>(o.kind), o.body, to_text(o.meta));
}

Result<void> write_marker(Db& db, std::int64_t bucket, const Object& o) {
    TRY(auto* put, db.cached("INSERT INTO version VALUES (?, ?, ?, ?, 0, ?, '', 0, 0, 0, '', 1)"));
    return put->run(bucket, o.key, o.version, int{o.null_version}, micros_of(o.modified));
}

Result<void> remove_version(Db& db, std::int64_t bucket, const Object& o, WallTime now) {
    TRYV(release_body(db, o.body, now));
    TRY(auto current, read_object(db, bucket, o.key));
    if (current && current->version == o.version) {
        TRYV(drop_current(db, bucket, o.key));
        current.reset();
    } else {
        TRYV(drop_old(db, bucket, o.key, o.version));
    }
    if (current) return {};
    return promote(db, bucket, o.key);
}

Result<void> write_meta(Db& db, std::int64_t bucket, const Object& o) {
    TRY(auto* put,
        db.cached("UPDATE object SET meta = ? WHERE bucket = ? AND key = ? AND version = "
                  "?"));
    TRYV(put->run(to_text(o.meta), bucket, o.key, o.version));
    if (db.changes() != 0) return {};
    TRY(auto* old, db.cached("UPDATE version SET meta = ? WHERE bucket = ? AND key = ? AND version "
                             "= ?"));
    return old->run(to_text(o.meta), bucket, o.key, o.version);
}

Result<void> replace_object(Db& db, std::int64_t bucket, const Object& o) {
    return write_object(db, bucket, o);
}

}  // namespace mayfly::objects
