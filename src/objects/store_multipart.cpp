#include "base/text.hpp"
#include "objects/meta_text.hpp"
#include "objects/placing.hpp"
#include "objects/store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::objects {

namespace {

using store::Db;

std::int64_t micros_of(WallTime t) { return t.time_since_epoch().count(); }

Failure no_upload(std::string_view id) {
    return fail(Kind::not_found,
                fmt::format("there is no upload '{}' of this object: it was completed, aborted or "
                            "never started",
                            id.substr(0, 100)),
                "NoSuchUpload");
}

Result<std::optional<Upload>> read_upload(Db& db, std::int64_t bucket, const std::string& key,
                                          const std::string& id) {
    TRY(auto* read, db.cached("SELECT id, key, created, meta FROM upload WHERE id = ? AND bucket = "
                              "? AND key = ?"));
    TRYV(read->bind(id, bucket, key));
    TRY(const bool there, read->step());
    std::optional<Upload> found;
    if (there)
        found = Upload{.id = std::string(read->text(0)),
                       .key = std::string(read->text(1)),
                       .started = WallTime(Micros(read->integer(2))),
                       .meta = meta_of(read->text(3))};
    read->rewind();
    return found;
}

Result<std::vector<Part>> read_parts(Db& db, const std::string& id, int after, std::size_t count) {
    std::vector<Part> found;
    TRY(auto* read,
        db.cached("SELECT number, size, etag, crc64, modified, body, sum FROM part WHERE "
                  "upload = ? AND number > ? ORDER BY number LIMIT ?"));
    TRYV(read->bind(id, after, std::uint64_t{count}));
    for (;;) {
        TRY(const bool there, read->step());
        if (!there) break;
        found.push_back({.number = static_cast<int>(read->integer(0)),
                         .size = static_cast<std::uint64_t>(read->integer(1)),
                         .etag = std::string(read->text(2)),
                         .crc64 = static_cast<std::uint64_t>(read->integer(3)),
                         .modified = WallTime(Micros(read->integer(4))),
                         .body = read->integer(5),
                         .sum = std::string(read->text(6))});
    }
    read->rewind();
    return found;
}

// Uploads by key, then by id, behind `after` (empty: behind all of query.after's).
Result<UploadListing> read_upload_page(Db& db, std::int64_t bucket, const ListQuery& query,
                                       const std::string& after) {
    UploadListing page;
    ListQuery keys = query;
    keys.count = ~std::size_t{0};
    if (!after.empty()) keys.after.clear();
    Lister lister(keys);
    const auto start = after.empty() ? lister.start() : std::max(query.after, query.prefix);
    TRY(auto* read,
        db.cached("SELECT key, id, created, meta FROM upload WHERE bucket = ? AND key >= "
                  "? ORDER BY key, id"));
    TRYV(read->bind(bucket, start));
    for (bool more = true; more;) {
        TRY(const bool there, read->step());
        if (!there) break;
        const std::string key(read->text(0)), id(read->text(1));
        if (!after.empty() && key == query.after && id <= after) continue;
        const auto step = lister.on(key);
        if (step == Lister::Step::done) break;
        if (step != Lister::Step::skip &&
            page.uploads.size() + page.prefixes.size() == query.count) {
            page.more = true;
            break;
        }
        if (step == Lister::Step::take) {
            page.uploads.push_back({.id = id,
                                    .key = key,
                                    .started = WallTime(Micros(read->integer(2))),
                                    .meta = meta_of(read->text(3))});
            page.last_key = key;
            page.last_id = id;
            continue;
        }
        if (step == Lister::Step::roll) {
            page.prefixes.push_back(lister.last());
            page.last_key = lister.last();
            page.last_id.clear();
        }
        more = !lister.next_start().empty();
        if (more) TRYV(read->bind(bucket, lister.next_start()));
    }
    read->rewind();
    return page;
}

Result<void> drop_upload(Db& db, const std::string& id) {
    TRY(auto* parts, db.cached("DELETE FROM part WHERE upload = ?"));
    TRYV(parts->run(id));
    TRY(auto* upload, db.cached("DELETE FROM upload WHERE id = ?"));
    return upload->run(id);
}

Failure invalid_part(int number) {
    return fail(
        Kind::invalid,
        fmt::format("part {} was not uploaded, or its ETag is not that of the list", number),
        "InvalidPart");
}

// The parts the client lists, in its order, checked.
Result<std::vector<Part>> chosen(std::vector<Part> all, const CompleteOrder& order) {
    std::vector<Part> parts;
    if (order.parts.empty())
        return fail(Kind::invalid, "the list of parts is empty", "MalformedXML");
    int before = 0;
    for (const auto& [number, etag] : order.parts) {
        if (number <= before)
            return fail(Kind::invalid, "the list of parts must be in ascending order",
                        "InvalidPartOrder");
        before = number;
        const auto at = std::ranges::lower_bound(all, number, {}, &Part::number);
        if (at == all.end() || at->number != number || !names_etag(etag, at->etag))
            return invalid_part(number);
        if (!parts.empty() && parts.back().size < order.part_bytes_min)
            return fail(Kind::invalid,
                        fmt::format("part {} has {} bytes; all but the last need {}",
                                    parts.back().number, parts.back().size, order.part_bytes_min),
                        "EntityTooSmall");
        parts.push_back(*at);
    }
    return parts;
}

// The MD5 of the parts' MD5s, and their number: S3's ETag of such an object.
std::string joined_etag(const std::vector<Part>& parts) {
    Hash md5(Hash::Kind::md5);
    for (const auto& part : parts) {
        std::string raw;
        for (std::size_t i = 0; i + 1 < part.etag.size(); i += 2)
            raw += static_cast<char>(std::stoi(part.etag.substr(i, 2), nullptr, 16));
        md5.add(raw);
    }
    return fmt::format("{}-{}", hex(md5.end()), parts.size());
}

}  // namespace

Task<Result<std::string>> Store::start_upload(std::string name, std::string key, ObjectMeta meta,
                                              Cause cause) {
    CO_TRY(const auto* found, bucket(name));
    const auto id = random_hex(rng_, 16);
    CO_TRYV(co_await change([bucket = *found, id, key, meta = std::move(meta), cause,
                             now = clock_.wall()](Db& db, Notes& notes) -> Result<void> {
        TRYV(read_versioning(db, bucket.id));
        TRY(auto* put, db.cached("INSERT INTO upload VALUES (?, ?, ?, ?, ?)"));
        TRYV(put->run(id, bucket.id, key, micros_of(now), to_text(meta)));
        return notes.add(db, {.cause = cause,
                              .bucket = bucket.name,
                              .owner = bucket.account,
                              .object = {.key = key, .modified = now},
                              .time = now});
    }));
    co_return id;
}

Result<Upload> Store::upload(const std::string& name, const std::string& key,
                             const std::string& id) const {
    TRY(const auto* found, bucket(name));
    TRY(auto upload, read_upload(read_, found->id, key, id));
    if (!upload) return no_upload(id);
    return *std::move(upload);
}

Task<Result<Part>> Store::put_part(std::string name, std::string key, std::string id, int number,
                                   Body body, std::string sum) {
    CO_TRY(const auto* found, bucket(name));
    struct Work {
        std::int64_t bucket;
        std::string key, id;
        Body body;
        Part part;
    };
    auto work =
        std::make_shared<Work>(Work{found->id, std::move(key), std::move(id), std::move(body), {}});
    work->part = {.number = number,
                  .size = work->body.size,
                  .etag = work->body.md5_hex(),
                  .crc64 = work->body.crc64,
                  .modified = clock_.wall(),
                  .sum = std::move(sum)};
    CO_TRYV(co_await writer_.commit([work, numbers = numbers_](Db& db) -> Result<void> {
        auto& part = work->part;
        TRY(const auto upload, read_upload(db, work->bucket, work->key, work->id));
        if (!upload) return no_upload(work->id);
        TRY(const auto before, read_parts(db, work->id, part.number - 1, 1));
        if (!before.empty() && before[0].number == part.number)
            TRYV(release_body(db, before[0].body, part.modified));
        part.body = numbers->next_body();
        TRYV(write_segments(db, part.body, work->body.segments));
        TRY(auto* put, db.cached("INSERT OR REPLACE INTO part VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
        return put->run(work->id, part.number, part.size, part.etag, part.crc64,
                        micros_of(part.modified), part.body, part.sum);
    }));
    co_return work->part;
}

Task<Result<std::vector<Part>>> Store::parts(std::string id, int after, std::size_t count) const {
    co_return co_await io::blocking(pool_, [this, id = std::move(id), after, count] {
        return readers_.with([&](Db& db) { return read_parts(db, id, after, count); });
    });
}

Task<Result<Object>> Store::complete(CompleteOrder order) {
    CO_TRY(const auto* found, bucket(order.bucket));
    struct Work {
        Bucket bucket;
        CompleteOrder order;
        Object made;
    };
    auto work = std::make_shared<Work>(Work{*found, std::move(order), {}});
    work->made.modified = clock_.wall();
    CO_TRYV(co_await change([work, numbers = numbers_](Db& db, Notes& notes) -> Result<void> {
        auto& [bucket, wish, made] = *work;
        TRY(const auto versioning, read_versioning(db, bucket.id));
        TRY(const auto upload, read_upload(db, bucket.id, wish.key, wish.id));
        if (!upload) return no_upload(wish.id);
        TRY(auto all, read_parts(db, wish.id, 0, parts_max));
        TRY(const auto parts, chosen(all, wish));
        TRY(const auto present, read_object(db, bucket.id, wish.key));
        TRYV(check_present(wish.conditions, wish.keep_present, present));
        made.key = wish.key;
        made.kind = ObjectKind::multipart;
        made.meta = upload->meta;
        made.etag = joined_etag(parts);
        made.body = numbers->next_body();
        std::size_t segments = 0;
        for (const auto& part : parts) {
            TRY(const auto count, count_segments(db, part.body));
            TRYV(move_segments(db, part.body, made.body, segments));
            segments += count;
            made.crc64 = crc64_joined(made.crc64, part.crc64, part.size);
            made.size += part.size;
            std::erase_if(all, [&](const Part& one) { return one.number == part.number; });
        }
        for (const auto& left : all) TRYV(release_body(db, left.body, made.modified));
        TRYV(drop_upload(db, wish.id));
        return place_object(db, notes, bucket, made, present, versioning, *numbers, wish.cause);
    }));
    co_return work->made;
}

Task<Result<void>> Store::abort(std::string name, std::string key, std::string id, Cause cause) {
    CO_TRY(const auto* found, bucket(name));
    co_return co_await change([bucket = *found, key, id, cause, now = clock_.wall()](
                                  Db& db, Notes& notes) -> Result<void> {
        TRY(const auto upload, read_upload(db, bucket.id, key, id));
        if (!upload) return no_upload(id);
        TRY(const auto all, read_parts(db, id, 0, parts_max));
        for (const auto& part : all) TRYV(release_body(db, part.body, now));
        TRYV(drop_upload(db, id));
        return notes.add(db, {.cause = cause,
                              .bucket = bucket.name,
                              .owner = bucket.account,
                              .object = {.key = key, .modified = now},
                              .time = now});
    });
}

Task<Result<UploadListing>> Store::uploads(std::string name, ListQuery query,
                                           std::string after_id) const {
    CO_TRY(const auto* found, bucket(name));
    co_return co_await io::blocking(
        pool_, [this, id = found->id, query = std::move(query), after = std::move(after_id)] {
            return readers_.with([&](Db& db) { return read_upload_page(db, id, query, after); });
        });
}

}  // namespace mayfly::objects
