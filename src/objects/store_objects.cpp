#include "objects/placing.hpp"
#include "objects/store.hpp"

#include <fmt/format.h>

namespace mayfly::objects {

namespace {

Failure no_key(const std::string& key) {
    return fail(Kind::not_found, fmt::format("there is no object '{}' in this bucket", key),
                "NoSuchKey");
}

}  // namespace

Result<FoundObject> Store::find(const std::string& name, const std::string& key,
                                const WantedVersion& version) const {
    TRY(const auto* bucket, this->bucket(name));
    if (!version) {
        if (auto known = hot_.find(bucket->id, key)) return known;
        TRY(auto read, read_object(read_, bucket->id, key));
        if (!read) return no_key(key);
        auto found = std::make_shared<const Object>(*std::move(read));
        hot_.keep(bucket->id, found);
        return found;
    }
    TRY(auto found, read_version(read_, bucket->id, key, *version));
    if (!found)
        return fail(Kind::not_found,
                    fmt::format("the object '{}' has no version '{}'", key, *version),
                    "NoSuchVersion");
    if (found->is_marker) {  // is it the newest of all?
        TRY(const auto newest, marker(name, key));
        found->is_latest = newest && newest->version == found->version;
    }
    return std::make_shared<const Object>(*std::move(found));
}

Result<std::optional<Object>> Store::marker(const std::string& name, const std::string& key) const {
    TRY(const auto* bucket, this->bucket(name));
    TRY(const auto current, read_object(read_, bucket->id, key));
    if (current) return std::nullopt;
    TRY(auto newest, read_newest_old(read_, bucket->id, key));
    if (newest && newest->is_marker) return newest;
    return std::nullopt;
}

Result<Segments> Store::segments_of(const Object& object) const {
    if (auto known = hot_.segments(object.body)) return known;
    TRY(auto read, read_segments(read_, object.body));
    if (replica_readers_) use_sound_bytes(object.body, read);
    auto segments = std::make_shared<const std::vector<Segment>>(std::move(read));
    hot_.keep(object.body, segments);
    return segments;
}

Result<Reading> Store::read(const Object& object, Range range) const {
    TRY(auto segments, segments_of(object));
    return Reading(shelf_, pool_, std::move(segments), range);
}

Result<BodyReader> Store::reader(const Object& object) const {
    TRY(auto segments, segments_of(object));
    return BodyReader(shelf_, std::move(segments), {0, object.size});
}

Incoming Store::begin(const std::vector<std::string>& sums) const {
    return Incoming(shelf_, pool_, new_file(), sums);
}

Task<Result<Object>> Store::put(PutOrder order) {
    CO_TRY(const auto* found, bucket(order.bucket));
    struct Work {
        Bucket bucket;
        PutOrder order;
        Object made;
    };
    auto work = std::make_shared<Work>(Work{*found, std::move(order), {}});
    auto& made = work->made;
    auto& body = work->order.body;
    made.key = work->order.key;
    made.size = body.size;
    made.crc64 = body.crc64;
    made.modified = clock_.wall();
    made.meta = work->order.meta;
    CO_TRYV(
        co_await change([work, numbers = numbers_](store::Db& db, Notes& notes) -> Result<void> {
            const auto& wish = work->order;
            TRY(const auto versioning, read_versioning(db, work->bucket.id));
            TRY(const auto present, read_object(db, work->bucket.id, wish.key));
            TRYV(check_present(wish.conditions, wish.keep_present, present));
            auto& made = work->made;
            made.body = numbers->next_body();
            made.etag = wish.body.md5_hex();
            if (made.etag.empty()) made.etag = opaque_etag(made);
            TRYV(write_segments(db, made.body, wish.body.segments));
            return place_object(db, notes, work->bucket, made, present, versioning, *numbers,
                                wish.cause);
        }));
    co_return work->made;
}

Task<Result<Object>> Store::copy(CopyOrder order) {
    CO_TRY(const auto* source, bucket(order.from_bucket));
    CO_TRY(const auto* found, bucket(order.bucket));
    struct Work {
        std::int64_t source;
        Bucket bucket;
        CopyOrder order;
        Object made;
    };
    auto work = std::make_shared<Work>(Work{source->id, *found, std::move(order), {}});
    work->made.modified = clock_.wall();
    CO_TRYV(co_await change([work, numbers = numbers_](store::Db& db,
                                                       Notes& notes) -> Result<void> {
        const auto& wish = work->order;
        TRY(const auto versioning, read_versioning(db, work->bucket.id));
        // The source as it is now: it may have gone since the caller looked.
        TRY(const auto from, read_version(db, work->source, wish.from.key, version_id(wish.from)));
        if (!from || from->is_marker || from->body != wish.from.body) return no_key(wish.from.key);
        TRY(const auto present, read_object(db, work->bucket.id, wish.key));
        TRYV(check_present(wish.conditions, wish.keep_present, present));
        auto& made = work->made;
        const auto now = made.modified;
        made = *from;
        made.key = wish.key;
        made.modified = now;
        made.is_latest = true;
        // Its ETag is no MD5, and it cannot be appended to.
        if (made.kind == ObjectKind::appendable) made.kind = ObjectKind::multipart;
        if (wish.meta) made.meta = *wish.meta;
        TRYV(share_body(db, made.body));
        return place_object(db, notes, work->bucket, made, present, versioning, *numbers,
                            wish.cause);
    }));
    co_return work->made;
}

Task<Result<void>> Store::set_meta(std::string name, Object object, ObjectMeta meta) {
    CO_TRY(const auto* found, bucket(name));
    object.meta = std::move(meta);
    const bool feeds = static_cast<bool>(fed_);
    CO_TRYV(co_await writer_.commit(
        [id = found->id, name, feeds, object = std::move(object)](store::Db& db) -> Result<void> {
            TRY(const auto present, read_version(db, id, object.key, version_id(object)));
            if (!present || present->version != object.version) return no_key(object.key);
            if (feeds) TRYV(objects::feed(db, name, object.key));
            return write_meta(db, id, object);
        }));
    if (fed_) fed_();
    co_return Result<void>();
}

Task<Result<Object>> Store::append(PutOrder order, std::uint64_t position) {
    CO_TRY(const auto* found, bucket(order.bucket));
    struct Work {
        Bucket bucket;
        PutOrder order;
        Object made;
    };
    auto work = std::make_shared<Work>(Work{*found, std::move(order), {}});
    work->made.modified = clock_.wall();
    CO_TRYV(co_await change([work, position, numbers = numbers_](store::Db& db,
                                                                 Notes& notes) -> Result<void> {
        auto& [bucket, wish, made] = *work;
        TRY(const auto versioning, read_versioning(db, bucket.id));
        TRY(auto present, read_object(db, bucket.id, wish.key));
        TRYV(check_present(wish.conditions, false, present));
        const auto now = made.modified;
        if (present && present->kind != ObjectKind::appendable)
            return fail(
                Kind::conflict,
                "the object was not made by appending; delete it first, or take another key",
                "ObjectNotAppendable");
        const auto length = present ? present->size : 0;
        if (position != length)
            return fail(Kind::conflict,
                        fmt::format("the position is {}, but the object has {} bytes; append there",
                                    position, length),
                        "PositionNotEqualToLength");
        if (length + wish.body.size > append_bytes_max)
            return fail(Kind::invalid, "an appendable object has 5 GiB at most", "EntityTooLarge");
        const auto crc =
            crc64_joined(present ? present->crc64 : 0, wish.body.crc64, wish.body.size);
        const auto size = length + wish.body.size;
        if (present) {
            made = *present;
        } else {
            made = Object{.key = wish.key, .kind = ObjectKind::appendable, .meta = wish.meta};
            made.body = numbers->next_body();
        }
        made.modified = now;
        made.size = size;
        made.crc64 = crc;
        made.etag = fmt::format("{:016x}{:016x}", crc, size);  // an appended object's is no MD5
        TRYV(append_segments(db, made.body, wish.body.segments));
        if (!present)
            return place_object(db, notes, bucket, made, present, versioning, *numbers, wish.cause);
        TRYV(replace_object(db, bucket.id, made));
        return notes.add(db, change_of(bucket, wish.cause, made, delta(size, present)));
    }));
    co_return work->made;
}

Task<Result<Removed>> Store::remove(std::string name, std::string key, WantedVersion version,
                                    Cause cause) {
    CO_TRY(const auto removed,
           co_await remove_many(std::move(name), {{std::move(key), std::move(version)}},
                                std::move(cause)));
    co_return removed.front();
}

Task<Result<std::vector<Removed>>> Store::remove_many(
    std::string name, std::vector<std::pair<std::string, WantedVersion>> keys, Cause cause) {
    CO_TRY(const auto* found, bucket(name));
    struct Work {
        Bucket bucket;
        std::vector<std::pair<std::string, WantedVersion>> keys;
        Cause cause;
        std::vector<Removed> removed;
    };
    auto work = std::make_shared<Work>(Work{*found, std::move(keys), std::move(cause), {}});
    CO_TRYV(co_await change([work, numbers = numbers_, now = clock_.wall()](
                                store::Db& db, Notes& notes) -> Result<void> {
        TRY(const auto versioning, read_versioning(db, work->bucket.id));
        for (const auto& [key, version] : work->keys) {
            TRY(auto removed,
                version ? remove_exactly(db, notes, work->bucket, key, *version, work->cause, now)
                        : remove_latest(db, notes, work->bucket, key, versioning, *numbers,
                                        work->cause, now));
            work->removed.push_back(std::move(removed));
        }
        return {};
    }));
    co_return std::move(work->removed);
}

Task<Result<Listing>> Store::list(std::string name, ListQuery query) const {
    CO_TRY(const auto* found, bucket(name));
    co_return co_await io::blocking(pool_, [this, id = found->id, query = std::move(query)] {
        return readers_.with([&](store::Db& db) { return read_page(db, id, query); });
    });
}

Task<Result<VersionListing>> Store::list_versions(std::string name, ListQuery query,
                                                  std::string after_version) const {
    CO_TRY(const auto* found, bucket(name));
    co_return co_await io::blocking(
        pool_, [this, id = found->id, query = std::move(query), after = std::move(after_version)] {
            return readers_.with(
                [&](store::Db& db) { return read_version_page(db, id, query, after); });
        });
}

}  // namespace mayfly::objects
