#include "objects/placing.hpp"

namespace mayfly::objects {

namespace {

Failure failed_condition() {
    return fail(Kind::conflict,
                "the object is not as a condition of the request says; read it again, then retry",
                "PreconditionFailed");
}

Result<void> tell_removed(store::Db& db, Notes& notes, const Bucket& bucket, const Object& gone,
                          const Cause& cause, WallTime now) {
    auto change = change_of(bucket, cause, gone, -static_cast<std::int64_t>(gone.size));
    change.time = now;
    return notes.add(db, change);
}

}  // namespace

Result<void> check_present(const Conditions& conditions, bool keep_present,
                           const std::optional<Object>& present) {
    if (present && keep_present)
        return fail(Kind::conflict, "the object exists already, and may not be overwritten",
                    "FileAlreadyExists");
    if (judge_write(conditions, present ? &*present : nullptr) == Verdict::failed)
        return failed_condition();
    return {};
}

std::int64_t delta(std::uint64_t now, const std::optional<Object>& before) {
    return static_cast<std::int64_t>(now) - (before ? static_cast<std::int64_t>(before->size) : 0);
}

Change change_of(const Bucket& bucket, Cause cause, Object object, std::int64_t bytes) {
    auto time = object.modified;
    return {.cause = std::move(cause),
            .bucket = bucket.name,
            .owner = bucket.account,
            .object = std::move(object),
            .delta = bytes,
            .time = time};
}

Result<void> place_object(store::Db& db, Notes& notes, const Bucket& bucket, Object& object,
                          const std::optional<Object>& present, Versioning versioning,
                          Numbers& numbers, const Cause& cause) {
    object.version = numbers.next_version(object.modified);
    object.null_version = versioning != Versioning::enabled;
    // The usual case does with one look and one write: the new row takes the place of the old.
    if (versioning != Versioning::never) {
        TRYV(retire_current(db, bucket.id, object.key, versioning, object.modified));
    } else if (present) {
        TRYV(release_body(db, present->body, object.modified));
    }
    TRYV(write_object(db, bucket.id, object));
    return notes.add(db, change_of(bucket, cause, object, delta(object.size, present)));
}

Result<Removed> remove_exactly(store::Db& db, Notes& notes, const Bucket& bucket,
                               const std::string& key, const std::string& version,
                               const Cause& cause, WallTime now) {
    TRY(const auto present, read_version(db, bucket.id, key, version));
    if (!present) return Removed{};
    TRYV(remove_version(db, bucket.id, *present, now));
    if (!present->is_marker) TRYV(tell_removed(db, notes, bucket, *present, cause, now));
    return Removed{.marker = present->is_marker, .version = version_id(*present)};
}

Result<Removed> remove_latest(store::Db& db, Notes& notes, const Bucket& bucket,
                              const std::string& key, Versioning versioning, Numbers& numbers,
                              const Cause& cause, WallTime now) {
    TRY(const auto present, read_object(db, bucket.id, key));
    TRYV(retire_current(db, bucket.id, key, versioning, now));
    if (present) TRYV(tell_removed(db, notes, bucket, *present, cause, now));
    if (versioning == Versioning::never) return Removed{};
    const Object made{.key = key,
                      .version = numbers.next_version(now),
                      .null_version = versioning != Versioning::enabled,
                      .is_marker = true,
                      .modified = now};
    TRYV(write_marker(db, bucket.id, made));
    return Removed{.marker = true, .version = version_id(made)};
}

}  // namespace mayfly::objects
