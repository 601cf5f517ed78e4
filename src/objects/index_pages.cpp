#include "objects/index.hpp"
#include "objects/meta_text.hpp"

namespace mayfly::objects {

using store::Db;

Result<Listing> read_page(Db& db, std::int64_t bucket, const ListQuery& query) {
    Listing page;
    Lister lister(query);
    TRY(auto* read,
        db.cached("SELECT key, version, null_version, size, modified, etag, crc64, kind, body, "
                  "meta FROM object WHERE bucket = ? AND key >= ? ORDER BY key"));
    TRYV(read->bind(bucket, lister.start()));
    for (bool more = true; more;) {
        TRY(const bool there, read->step());
        if (!there) break;
        switch (lister.on(read->text(0))) {
            case Lister::Step::take: page.objects.push_back(object_of(*read)); break;
            case Lister::Step::roll: page.prefixes.push_back(lister.last()); [[fallthrough]];
            case Lister::Step::skip:
                more = !lister.next_start().empty();
                TRYV(read->bind(bucket, lister.next_start()));
                break;
            case Lister::Step::full: page.more = true; [[fallthrough]];
            case Lister::Step::done: more = false; break;
        }
    }
    read->rewind();
    page.last = lister.last();
    return page;
}

namespace {

// One way through both tables: current objects and old versions of the keys, as a listing shows
// them.
constexpr const char* kVersions =
    "SELECT key, version, null_version, size, modified, etag, crc64, kind, body, meta, 0 AS "
    "marker, "
    "1 AS latest FROM object WHERE bucket = ?1 AND key >= ?2 UNION ALL SELECT key, version, "
    "null_version, size, modified, etag, crc64, kind, body, meta, marker, 0 FROM version WHERE "
    "bucket = ?1 AND key >= ?2 ORDER BY 1, 2 DESC";

}  // namespace

Result<VersionListing> read_version_page(Db& db, std::int64_t bucket, const ListQuery& query,
                                         const std::string& after) {
    VersionListing page;
    // Keys go to a Lister once each; what it counts are keys, so the page's own count is kept here.
    ListQuery keys = query;
    keys.count = ~std::size_t{0};
    if (!after.empty()) keys.after.clear();
    Lister lister(keys);
    const auto start = after.empty() ? lister.start() : std::max(query.after, query.prefix);
    bool passed = after.empty();  // behind the version we come after
    std::string key;
    auto step = Lister::Step::skip;
    TRY(auto* read, db.cached(kVersions));
    TRYV(read->bind(bucket, start));
    for (;;) {
        TRY(const bool there, read->step());
        if (!there) break;
        const bool first = read->text(0) != key || key.empty();
        if (first) {
            key = read->text(0);
            step = lister.on(key);
        }
        if (step == Lister::Step::done) break;
        const auto count = page.versions.size() + page.prefixes.size();
        if (step == Lister::Step::take) {
            auto found = object_of(*read);
            found.is_marker = read->integer(10) != 0;
            found.is_latest = first;
            if (!passed) {
                if (key == query.after && version_id(found) == after) {
                    passed = true;
                    continue;
                }
                if (key == query.after) continue;
                passed = true;
            }
            if (count == query.count) {
                page.more = true;
                break;
            }
            page.last_key = key;
            page.last_version = version_id(found);
            page.versions.push_back(std::move(found));
            continue;
        }
        if (step == Lister::Step::roll && first) {
            if (count == query.count) {
                page.more = true;
                break;
            }
            page.prefixes.push_back(lister.last());
            page.last_key = lister.last();
            page.last_version.clear();
        }
        if (lister.next_start().empty()) break;
        TRYV(read->bind(bucket, lister.next_start()));
        key.clear();
    }
    read->rewind();
    return page;
}

}  // namespace mayfly::objects
