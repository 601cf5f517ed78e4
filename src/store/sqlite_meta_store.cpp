#include "store/sqlite_meta_store.hpp"

#include <fmt/format.h>

namespace mayfly::store {

namespace {

constexpr const char* schema[] = {
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL, revision INTEGER NOT NULL) "
    "WITHOUT ROWID;"
    "CREATE TABLE meta_revision (newest INTEGER NOT NULL);"
    "INSERT INTO meta_revision VALUES (0)",
};

// Rule (3), inside the transaction of the change.
Result<void> check_revision(Db& db, const std::string& key, MetaRevision expected) {
    if (expected == expect_anything) return {};
    TRY(auto* read, db.cached("SELECT revision FROM meta WHERE key = ?"));
    TRYV(read->bind(key));
    TRY(const bool there, read->step());
    const auto found = there ? static_cast<MetaRevision>(read->integer(0)) : expect_absent;
    read->rewind();
    if (found == expected) return {};
    return fail(Kind::conflict,
                fmt::format("'{}' was changed by someone else; read it again, then retry", key));
}

// Rule (1): the counter is a row, so it outlives the entries.
Result<MetaRevision> next_revision(Db& db) {
    TRY(auto* count, db.cached("UPDATE meta_revision SET newest = newest + 1 RETURNING newest"));
    TRYV(count->bind());
    TRYV(count->step());
    const auto revision = static_cast<MetaRevision>(count->integer(0));
    count->rewind();
    return revision;
}

Result<void> write(Db& db, const std::string& key, const std::string& value,
                   MetaRevision revision) {
    TRY(auto* put, db.cached("INSERT INTO meta VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                             "value = excluded.value, revision = excluded.revision"));
    return put->run(key, blob(value), revision);
}

MetaEntry entry(const Statement& row) {
    return {std::string(row.text(0)), std::string(row.text(1)),
            static_cast<MetaRevision>(row.integer(2))};
}

}  // namespace

Result<std::unique_ptr<SqliteMetaStore>> SqliteMetaStore::open(const std::filesystem::path& file,
                                                               boost::asio::any_io_executor loop) {
    TRY(auto write, Db::open(file));
    TRYV(write.migrate(schema));
    TRY(auto read, Db::open(file));
    return std::unique_ptr<SqliteMetaStore>(
        new SqliteMetaStore(std::move(read), std::move(write), std::move(loop)));
}

Task<Result<std::optional<MetaEntry>>> SqliteMetaStore::get(std::string key) {
    CO_TRY(auto* read, read_.cached("SELECT key, value, revision FROM meta WHERE key = ?"));
    CO_TRYV(read->bind(key));
    CO_TRY(const bool there, read->step());
    std::optional<MetaEntry> found;
    if (there) found = entry(*read);
    read->rewind();
    co_return found;
}

Task<Result<MetaRevision>> SqliteMetaStore::put(std::string key, std::string value,
                                                MetaRevision expected) {
    // Shared with the writer's thread, which may outlive this frame.
    auto change = std::make_shared<MetaChange>(MetaChange{std::move(key), std::move(value), 0});
    CO_TRYV(co_await writer_.commit([change, expected](Db& db) -> Result<void> {
        TRYV(check_revision(db, change->key, expected));
        TRY(change->revision, next_revision(db));
        return write(db, change->key, *change->value, change->revision);
    }));
    tell(*change);
    co_return change->revision;
}

Task<Result<void>> SqliteMetaStore::remove(std::string key, MetaRevision expected) {
    auto change = std::make_shared<MetaChange>(MetaChange{std::move(key), {}, 0});
    CO_TRYV(co_await writer_.commit([change, expected](Db& db) -> Result<void> {
        TRYV(check_revision(db, change->key, expected));
        TRY(auto* drop, db.cached("DELETE FROM meta WHERE key = ?"));
        TRYV(drop->run(change->key));
        if (db.changes() == 0 && expected == expect_anything) return {};
        TRY(change->revision, next_revision(db));
        return {};
    }));
    if (change->revision != 0) tell(*change);
    co_return Result<void>();
}

Task<Result<std::vector<MetaEntry>>> SqliteMetaStore::list(std::string prefix) {
    CO_TRY(auto* read,
           read_.cached("SELECT key, value, revision FROM meta WHERE key >= ? ORDER BY key"));
    CO_TRYV(read->bind(prefix));
    std::vector<MetaEntry> found;
    for (;;) {
        CO_TRY(const bool there, read->step());
        if (!there || !read->text(0).starts_with(prefix)) break;
        found.push_back(entry(*read));
    }
    read->rewind();
    co_return found;
}

MetaStore::Watch SqliteMetaStore::watch(std::string prefix,
                                        std::function<void(const MetaChange&)> heard) {
    auto watcher = std::make_shared<Watcher>(Watcher{std::move(prefix), std::move(heard)});
    watchers_.push_back(watcher);
    return watcher;
}

void SqliteMetaStore::tell(const MetaChange& change) {
    std::erase_if(watchers_, [](const auto& w) { return w.expired(); });
    const auto now = watchers_;  // a watcher may add another
    for (const auto& weak : now)
        if (const auto watcher = weak.lock(); watcher && change.key.starts_with(watcher->prefix))
            watcher->heard(change);
}

}  // namespace mayfly::store
