#include "objects/store.hpp"

#include "base/files.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <algorithm>

namespace mayfly::objects {

namespace {

constexpr auto kLinger = std::chrono::minutes(1);  // a body's file stays after its last name went
constexpr const char* kSweep = "SELECT file FROM garbage WHERE since < ? LIMIT 1000";

Failure no_bucket(std::string_view name) {
    return fail(Kind::not_found, "the bucket '" + std::string(name) + "' does not exist; create it",
                "NoSuchBucket");
}

}  // namespace

Result<std::unique_ptr<Store>> Store::open(const std::filesystem::path& folder,
                                           boost::asio::any_io_executor loop,
                                           io::BlockingPool& pool, const Clock& clock, Rng& rng,
                                           const Log& log, const std::filesystem::path& replica) {
    TRYV(make_folder_durably(folder));
    const auto file = folder / "index.db";
    TRY(auto write, store::Db::open(file));
    TRYV(write.migrate(index_schema()));
    // Small bodies make the log grow fast: it is folded into the file every 64 MiB, not every 4,
    // and the pages that change again and again stay in memory meanwhile.
    TRYV(write.run("PRAGMA wal_autocheckpoint = 16384; PRAGMA cache_size = -65536"));
    auto numbers = std::make_shared<Numbers>();
    TRYV(numbers->load(write));
    TRY(auto read, store::Db::open(file));
    TRY(auto all, read_buckets(read));
    TRY(auto outbox, store::Db::open(file));
    TRY(auto feed, store::Db::open(file));
    TRY(auto shelf, Shelf::open(folder / "bodies"));
    std::unique_ptr<Store> store(new Store(std::move(read), std::move(write), file,
                                           std::move(shelf), std::move(loop), pool, clock, rng,
                                           log));
    for (auto& bucket : all) {
        auto name = bucket.name;
        store->buckets_.emplace(std::move(name), std::move(bucket));
    }
    store->numbers_ = std::move(numbers);
    if (!replica.empty()) TRYV(store->follow(replica));
    store->writer_.on_group([raw = store.get()] { raw->hot_.forget(); });
    store->outbox_ = std::make_unique<Outbox>(std::move(outbox), store->writer_);
    store->feed_ = std::make_unique<Feed>(std::move(feed), store->writer_);
    return store;
}

Store::Store(store::Db read, store::Db write, const std::filesystem::path& file, Shelf shelf,
             boost::asio::any_io_executor loop, io::BlockingPool& pool, const Clock& clock,
             Rng& rng, const Log& log)
    : read_(std::move(read)),
      readers_(file),
      shelf_(std::move(shelf)),
      pool_(pool),
      clock_(clock),
      rng_(rng),
      log_(log),
      opened_(clock.wall()),
      loop_(loop),
      writer_(std::move(write), std::move(loop), {.numbered = true}) {}

std::int64_t Store::new_file() const {
    return static_cast<std::int64_t>(rng_.next() >> 1 | 1);  // never 0, which means none
}

Task<Result<void>> Store::change(std::function<Result<void>(store::Db&, Notes&)> job) {
    // Shared with the writer's thread, which may outlive this frame.
    struct Noted {
        bool any = false;
        std::vector<NearMiss> near_misses;
    };
    auto noted = std::make_shared<Noted>();
    CO_TRYV(co_await writer_.commit([job = std::move(job), watches = watches_, noted,
                                     feeds = static_cast<bool>(fed_),
                                     now = clock_.wall()](store::Db& db) -> Result<void> {
        Notes notes(*watches, now, feeds);
        TRYV(job(db, notes));
        *noted = {notes.any(), std::move(notes.near_misses)};
        return {};
    }));
    if (noted->any && heard_) heard_();
    if (fed_) fed_();
    if (missed_)
        for (const auto& one : noted->near_misses) missed_(one);
    co_return Result<void>();
}

Result<const Bucket*> Store::bucket(const std::string& name) const {
    const auto at = buckets_.find(name);
    if (at == buckets_.end()) return no_bucket(name);
    return &at->second;
}

std::vector<const Bucket*> Store::buckets(const AccountId& account) const {
    std::vector<const Bucket*> found;
    for (const auto& [_, bucket] : buckets_)
        if (bucket.account == account) found.push_back(&bucket);
    return found;
}

std::vector<Bucket> Store::all_buckets() const {
    std::vector<Bucket> found;
    for (const auto& [_, bucket] : buckets_) found.push_back(bucket);
    return found;
}

Task<Result<void>> Store::make_bucket(AccountId account, std::string name, Acl acl) {
    const auto present = [&]() -> std::optional<Result<void>> {
        const auto at = buckets_.find(name);
        if (at == buckets_.end()) return std::nullopt;
        if (at->second.account == account) return Result<void>();
        return fail(Kind::conflict,
                    "the bucket name '" + name + "' is taken by another account; choose another",
                    "BucketAlreadyExists");
    };
    if (auto answer = present()) co_return *answer;
    if (buckets(account).size() >= buckets_max)
        co_return fail(Kind::invalid, "the account has 1,000 buckets, as many as it may have",
                       "TooManyBuckets");
    auto made = std::make_shared<Bucket>(
        Bucket{.name = name, .account = account, .created = clock_.wall(), .acl = acl});
    const auto done = co_await writer_.commit([made](store::Db& db) -> Result<void> {
        TRY(auto* put, db.cached("INSERT INTO bucket (name, account, created, acl, versioning) "
                                 "VALUES (?, ?, ?, ?, 0) RETURNING id"));
        TRYV(put->bind(made->name, made->account, made->created.time_since_epoch().count(),
                       static_cast<int>(made->acl)));
        TRYV(put->step());
        made->id = put->integer(0);
        put->rewind();
        return {};
    });
    if (!done && done.error().kind == Kind::conflict)  // somebody was quicker
        if (auto answer = present()) co_return *answer;
    CO_TRYV(done);
    buckets_.emplace(name, *made);
    co_return Result<void>();
}

Task<Result<void>> Store::remove_bucket(std::string name) {
    CO_TRY(const auto* bucket, this->bucket(name));
    CO_TRYV(co_await writer_.commit([id = bucket->id, name](store::Db& db) -> Result<void> {
        TRY(auto* any, db.cached("SELECT EXISTS (SELECT 1 FROM object WHERE bucket = ?1) + 2 * "
                                 "EXISTS (SELECT 1 FROM version WHERE bucket = ?1) + 4 * EXISTS "
                                 "(SELECT 1 FROM upload WHERE bucket = ?1)"));
        TRYV(any->bind(id));
        TRYV(any->step());
        const auto what = any->integer(0);
        any->rewind();
        if (what != 0)
            return fail(Kind::conflict,
                        "the bucket '" + name + "' still has " +
                            (what & 1   ? "objects"
                             : what & 2 ? "old versions"
                                        : "multipart uploads that were never completed") +
                            "; delete them first",
                        "BucketNotEmpty");
        TRY(auto* settings, db.cached("DELETE FROM setting WHERE bucket = ?"));
        TRYV(settings->run(id));
        TRY(auto* drop, db.cached("DELETE FROM bucket WHERE id = ?"));
        return drop->run(id);
    }));
    buckets_.erase(name);
    co_return Result<void>();
}

Task<Result<void>> Store::set_acl(std::string name, Acl acl) {
    CO_TRY(const auto* bucket, this->bucket(name));
    CO_TRYV(co_await writer_.commit([id = bucket->id, acl](store::Db& db) -> Result<void> {
        TRY(auto* put, db.cached("UPDATE bucket SET acl = ? WHERE id = ?"));
        return put->run(static_cast<int>(acl), id);
    }));
    if (const auto at = buckets_.find(name); at != buckets_.end()) at->second.acl = acl;
    co_return Result<void>();
}

Task<Result<void>> Store::set_versioning(std::string name, Versioning versioning) {
    CO_TRY(const auto* bucket, this->bucket(name));
    CO_TRYV(co_await writer_.commit([id = bucket->id, versioning](store::Db& db) -> Result<void> {
        TRY(auto* put, db.cached("UPDATE bucket SET versioning = ? WHERE id = ?"));
        return put->run(static_cast<int>(versioning), id);
    }));
    if (const auto at = buckets_.find(name); at != buckets_.end())
        at->second.versioning = versioning;
    co_return Result<void>();
}

Task<Result<void>> Store::set(std::string name, std::string kind,
                              std::optional<std::string> value) {
    CO_TRY(const auto* bucket, this->bucket(name));
    CO_TRYV(co_await writer_.commit([id = bucket->id, kind, value](store::Db& db) -> Result<void> {
        TRY(auto* drop, db.cached("DELETE FROM setting WHERE bucket = ? AND kind = ?"));
        TRYV(drop->run(id, kind));
        if (!value) return {};
        TRY(auto* put, db.cached("INSERT INTO setting VALUES (?, ?, ?)"));
        return put->run(id, kind, store::blob(*value));
    }));
    if (const auto at = buckets_.find(name); at != buckets_.end()) {
        if (value) at->second.settings.insert_or_assign(kind, *value);
        else at->second.settings.erase(kind);
    }
    co_return Result<void>();
}

Task<Result<BucketStat>> Store::stat(std::string name) const {
    CO_TRY(const auto* found, bucket(name));
    co_return co_await io::blocking(pool_, [this, id = found->id] {
        return readers_.with([id](store::Db& db) -> Result<BucketStat> {
            TRY(auto* read, db.cached("SELECT (SELECT coalesce(sum(size), 0) FROM object WHERE "
                                      "bucket = ?1), (SELECT count(*) FROM object WHERE bucket = "
                                      "?1), (SELECT count(*) FROM upload WHERE bucket = ?1)"));
            TRYV(read->bind(id));
            TRYV(read->step());
            const BucketStat stat{.bytes = static_cast<std::uint64_t>(read->integer(0)),
                                  .objects = static_cast<std::uint64_t>(read->integer(1)),
                                  .uploads = static_cast<std::uint64_t>(read->integer(2))};
            read->rewind();
            return stat;
        });
    });
}

Task<Result<int>> Store::sweep() {
    const auto before = (clock_.wall() - kLinger).time_since_epoch().count();
    CO_TRY(const auto files,
           co_await io::blocking(pool_, [this, before]() -> Result<std::vector<std::int64_t>> {
               TRY(const auto found, readers_.with([before](store::Db& db) {
                   return [&]() -> Result<std::vector<std::int64_t>> {
                       std::vector<std::int64_t> all;
                       TRY(auto* read, db.cached(kSweep));
                       TRYV(read->bind(before));
                       for (;;) {
                           TRY(const bool there, read->step());
                           if (!there) break;
                           all.push_back(read->integer(0));
                       }
                       read->rewind();
                       return all;
                   }();
               }));
               for (const auto file : found) TRYV(shelf_.remove(file));
               return found;
           }));
    if (files.empty()) co_return 0;
    CO_TRYV(co_await writer_.commit([files](store::Db& db) -> Result<void> {
        TRY(auto* drop, db.cached("DELETE FROM garbage WHERE file = ?"));
        for (const auto file : files) TRYV(drop->run(file));
        return {};
    }));
    co_return static_cast<int>(files.size());
}

}  // namespace mayfly::objects
