#include "objects/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mayfly::objects {

namespace {

struct KeptSegment {
    std::int64_t id = 0;
    Segment segment;
};

Result<std::vector<KeptSegment>> read_some(store::Db& db, std::int64_t after, int count) {
    std::vector<KeptSegment> found;
    TRY(auto* read, db.cached("SELECT id, size, crc64, file, bytes FROM segment WHERE id > ? ORDER "
                              "BY id LIMIT ?"));
    TRYV(read->bind(after, count));
    for (;;) {
        TRY(const bool there, read->step());
        if (!there) break;
        found.push_back({.id = read->integer(0),
                         .segment = {.size = static_cast<std::uint64_t>(read->integer(1)),
                                     .crc64 = static_cast<std::uint64_t>(read->integer(2)),
                                     .file = read->integer(3),
                                     .bytes = std::string(read->text(4))}});
    }
    read->rewind();
    return found;
}

// Whose body it is, for a human: some name of it, or that it is a part of an upload.
Result<std::string> owner_of(store::Db& db, std::int64_t body) {
    TRY(auto* read,
        db.cached("SELECT (SELECT name FROM bucket WHERE id = o.bucket) || '/' || o.key "
                  "FROM (SELECT bucket, key, body FROM object UNION ALL SELECT bucket, "
                  "key, body FROM version) o WHERE o.body = ? LIMIT 1"));
    TRYV(read->bind(body));
    TRY(const bool there, read->step());
    auto name = there ? std::string(read->text(0)) : std::string("a part of an upload");
    read->rewind();
    return name;
}

// Whether the index still has this row: what is gone meanwhile is no damage.
Result<bool> is_there(store::Db& db, std::int64_t id) {
    TRY(auto* read, db.cached("SELECT 1 FROM segment WHERE id = ?"));
    TRYV(read->bind(id));
    TRY(const bool there, read->step());
    read->rewind();
    return there;
}

Result<void> check(const Shelf& shelf, const Segment& segment) {
    if (segment.file == 0) {
        if (segment.bytes.size() == segment.size && crc64(segment.bytes) == segment.crc64)
            return {};
        return fail(Kind::internal, "its bytes in the index do not fit their sum", "ObjectDamaged");
    }
    TRY(const auto whole, shelf.check(segment.file));
    if (whole.size == segment.size && whole.crc64 == segment.crc64) return {};
    return fail(Kind::internal,
                fmt::format("the stored file {} is whole, but of another object",
                            shelf.path(segment.file).string()),
                "ObjectDamaged");
}

}  // namespace

// In the pool.
Result<Store::Damage> Store::mend(store::Db& db, std::int64_t id, const Segment& segment,
                                  const Error& found) const {
    TRY(const auto owner, owner_of(db, id >> body_shift));
    Damage damage{.what = owner + ": " + found.what};
    if (!replica_readers_) return damage;
    if (segment.file != 0) {
        damage.mended = shelf_.mend(segment.file).has_value() && check(shelf_, segment).has_value();
    } else if (auto bytes = sound_bytes(id, segment)) {
        damage.mended = true;
        damage.id = id;
        damage.bytes = *std::move(bytes);
    }
    return damage;
}

Task<Result<Scrubbed>> Store::scrub(io::Timers& timers) {
    Scrubbed all;
    for (std::int64_t after = 0;;) {
        constexpr int kAtOnce = 16;
        struct Page {
            std::int64_t last = 0;
            int bodies = 0;
            std::vector<Damage> found;
        };
        CO_TRY(auto page, co_await io::blocking(pool_, [this, after] {
                   return readers_.with([&](store::Db& db) -> Result<Page> {
                       Page page;
                       TRY(const auto some, read_some(db, after, kAtOnce));
                       for (const auto& [id, segment] : some) {
                           page.last = id;
                           ++page.bodies;
                           const auto checked = check(shelf_, segment);
                           if (checked) {
                               if (auto other = check_second(segment))
                                   page.found.push_back(*std::move(other));
                               continue;
                           }
                           TRY(const bool there, is_there(db, id));
                           if (!there) continue;
                           TRY(auto damage, mend(db, id, segment, checked.error()));
                           page.found.push_back(std::move(damage));
                       }
                       return page;
                   });
               }));
        if (page.bodies == 0) break;
        after = page.last;
        all.bodies += page.bodies;
        for (const auto& one : page.found) {
            log_.error("damaged object {}{}", one.what, one.mended ? "; mended" : "");
            ++(one.mended ? all.mended : all.damaged);
        }
        CO_TRYV(co_await write_mended(std::move(page.found)));
        co_await timers.until(timers.now() + kScrubPause);  // others need the disk, too
    }
    co_return all;
}

// A file gets its name before the index names it: a server that ends in between leaves it here.
// What was begun since this one started is not asked about.
Task<Result<int>> Store::drop_orphans() {
    co_return co_await io::blocking(pool_, [this]() -> Result<int> {
        const auto asked = shelf_.list(opened_);  // before the index is: what is new there is named
        TRY(const auto named, named_files());
        int gone = 0;
        for (const auto file : asked) {
            if (named.contains(file)) continue;
            TRYV(shelf_.remove(file));
            ++gone;
        }
        return gone;
    });
}

}  // namespace mayfly::objects
