#include "objects/feed.hpp"

namespace mayfly::objects {

Result<void> feed(store::Db& db, const std::string& bucket, const std::string& key) {
    TRY(auto* put, db.cached("INSERT OR REPLACE INTO feed VALUES (?, ?, (SELECT coalesce(max(n), "
                             "0) + 1 FROM feed))"));
    return put->run(bucket, key);
}

Task<Result<void>> Feed::begin(std::string target) {
    co_return co_await writer_.commit([target = std::move(target)](store::Db& db) -> Result<void> {
        TRY(auto read, db.prepare("SELECT target FROM fed WHERE id = 1"));
        TRY(const bool there, read.step());
        const bool same = there && read.text(0) == target;
        read.rewind();
        if (same) return {};
        TRYV(db.run("DELETE FROM feed"));
        TRYV(
            db.run("INSERT INTO feed SELECT b.name, o.key, row_number() OVER () FROM object o "
                   "JOIN bucket b ON b.id = o.bucket"));
        TRY(auto put, db.prepare("INSERT OR REPLACE INTO fed VALUES (1, ?)"));
        return put.run(target);
    });
}

Result<std::vector<Fed>> Feed::next(int count) {
    std::vector<Fed> found;
    TRY(auto* read, read_.cached("SELECT bucket, key, n FROM feed ORDER BY n LIMIT ?"));
    TRYV(read->bind(count));
    for (;;) {
        TRY(const bool there, read->step());
        if (!there) break;
        found.push_back({.bucket = std::string(read->text(0)),
                         .key = std::string(read->text(1)),
                         .n = read->integer(2)});
    }
    read->rewind();
    return found;
}

Task<Result<void>> Feed::copied(std::vector<Fed> done) {
    co_return co_await writer_.commit([done = std::move(done)](store::Db& db) -> Result<void> {
        TRY(auto* drop, db.cached("DELETE FROM feed WHERE bucket = ? AND key = ? AND n = ?"));
        for (const auto& one : done) TRYV(drop->run(one.bucket, one.key, one.n));
        return {};
    });
}

Result<std::int64_t> Feed::size() {
    TRY(auto* read, read_.cached("SELECT count(*) FROM feed"));
    TRYV(read->bind());
    TRYV(read->step());
    const auto count = read->integer(0);
    read->rewind();
    return count;
}

}  // namespace mayfly::objects
