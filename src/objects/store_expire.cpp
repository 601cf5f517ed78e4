#include "objects/placing.hpp"
#include "objects/store.hpp"

namespace mayfly::objects {

namespace {

// As an event it is told to nobody: no trigger can name it.
const Cause kCause{.event = "ObjectExpired", .request_id = "lifecycle"};

}  // namespace

Task<Result<int>> Store::expire(std::string name, std::vector<LifecycleRule> rules) {
    const auto now = clock_.wall();
    int gone = 0;
    ListQuery query;
    for (bool more = true; more;) {
        CO_TRY(const auto page, co_await list(name, query));
        std::vector<Object> due;
        for (const auto& object : page.objects)
            if (is_expired(rules, object.key, object.modified, now)) due.push_back(object);
        CO_TRY(const auto removed, co_await remove_unchanged(name, std::move(due)));
        gone += removed;
        more = page.more;
        query.after = page.last;
    }
    ListQuery uploads_query;
    std::string after;
    for (bool more = true; more;) {
        CO_TRY(const auto page, co_await uploads(name, uploads_query, after));
        for (const auto& upload : page.uploads)
            if (is_abandoned(rules, upload.key, upload.started, now)) {
                const auto aborted = co_await abort(name, upload.key, upload.id, kCause);
                gone += aborted.has_value();  // somebody may have completed it meanwhile
            }
        more = page.more;
        uploads_query.after = page.last_key;
        after = page.last_id;
    }
    co_return gone;
}

// What was stored anew since it was looked at stays.
Task<Result<int>> Store::remove_unchanged(std::string name, std::vector<Object> objects) {
    if (objects.empty()) co_return 0;
    CO_TRY(const auto* found, bucket(name));
    auto gone = std::make_shared<int>(0);
    CO_TRYV(
        co_await change([bucket = *found, objects = std::move(objects), gone, numbers = numbers_,
                         now = clock_.wall()](store::Db& db, Notes& notes) -> Result<void> {
            TRY(const auto versioning, read_versioning(db, bucket.id));
            for (const auto& one : objects) {
                TRY(const auto present, read_object(db, bucket.id, one.key));
                if (!present || present->version != one.version) continue;
                TRYV(remove_latest(db, notes, bucket, one.key, versioning, *numbers, kCause, now));
                ++*gone;
            }
            return {};
        }));
    co_return *gone;
}

}  // namespace mayfly::objects
