// The object store: buckets and objects, whatever dialect asks. What a caller may do is decided
// above.
//
// (1) A change that returned is durable: a body's file is synced before the index names it, and the
//     index is committed with fsync.
// (2) A change and the events it causes are one transaction: none is lost, none invented.
// (3) A name shows the old object or the new one, never a mixture.
// (4) What is read was checked against its sum first.
// (5) With a replica, (1) holds for it, too, and what is damaged here is mended from there. One
// that
//     fails is left behind: the store goes on without it, and says so.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "io/blocking.hpp"
#include "io/timers.hpp"
#include "objects/change.hpp"
#include "objects/conditions.hpp"
#include "objects/feed.hpp"
#include "objects/hot.hpp"
#include "objects/incoming.hpp"
#include "objects/index.hpp"
#include "objects/lifecycle.hpp"
#include "objects/listing.hpp"
#include "objects/multipart.hpp"
#include "objects/readers.hpp"
#include "objects/reading.hpp"
#include "objects/types.hpp"
#include "store/writer.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace mayfly::objects {

inline constexpr std::uint64_t put_bytes_max = 5ull << 30;     // of one request
inline constexpr std::uint64_t append_bytes_max = 5ull << 30;  // of an appendable object
inline constexpr Millis kScrubPause{20};                       // after 16 bodies
inline constexpr std::size_t buckets_max = 1000;               // of an account

// A new object, or a new version of one.
struct PutOrder {
    std::string bucket, key;
    Body body;
    ObjectMeta meta;
    Conditions conditions;
    bool keep_present =
        false;  // conflict (FileAlreadyExists) if there is one: OSS's forbid-overwrite
    Cause cause;
};

struct CopyOrder {
    std::string from_bucket;
    Object from;
    std::string bucket, key;
    std::optional<ObjectMeta> meta;  // none: that of the source
    Conditions conditions;           // on what is overwritten
    bool keep_present = false;
    Cause cause;
};

struct Scrubbed {
    std::int64_t bodies = 0;
    int damaged = 0;  // and not mended; each is named in the log
    int mended = 0;   // from the replica, or the replica's from here; each is named, too
};

struct BucketStat {
    std::uint64_t bytes = 0, objects = 0, uploads = 0;
};

// Loop thread. Owned by main; what it is given outlives it.
class Store {
public:
    static Result<std::unique_ptr<Store>> open(const std::filesystem::path& folder,
                                               boost::asio::any_io_executor loop,
                                               io::BlockingPool& pool, const Clock& clock, Rng& rng,
                                               const Log& log,
                                               const std::filesystem::path& replica = {});

    // Buckets. Names are the server's, not an account's.
    Result<const Bucket*> bucket(const std::string& name) const;         // not_found (NoSuchBucket)
    std::vector<const Bucket*> buckets(const AccountId& account) const;  // by name
    std::vector<Bucket> all_buckets() const;                             // of every account
    // conflict (BucketAlreadyExists) if it is another account's; its own is a success.
    Task<Result<void>> make_bucket(AccountId account, std::string name, Acl acl);
    Task<Result<void>> remove_bucket(std::string name);  // conflict (BucketNotEmpty)
    Task<Result<void>> set_acl(std::string name, Acl acl);
    Task<Result<void>> set_versioning(std::string name, Versioning versioning);
    // A document of the bucket, such as its CORS rules; nothing removes it.
    Task<Result<void>> set(std::string name, std::string kind, std::optional<std::string> value);

    Task<Result<BucketStat>> stat(std::string name) const;  // counts: slow where there are many

    // Objects. not_found: NoSuchBucket, NoSuchKey, NoSuchVersion.
    Result<FoundObject> find(const std::string& bucket, const std::string& key,
                             const WantedVersion& version = {}) const;
    // That the key's newest version is a marker of deletion; nothing if it is not.
    Result<std::optional<Object>> marker(const std::string& bucket, const std::string& key) const;
    Result<Reading> read(const Object& object, Range range) const;
    Incoming begin(const std::vector<std::string>& sums) const;

    // failed conditions: conflict (PreconditionFailed).
    Task<Result<Object>> put(PutOrder order);
    // Shares the body: no byte is copied.
    Task<Result<Object>> copy(CopyOrder order);
    // New meta for what is there; the version stays the same.
    Task<Result<void>> set_meta(std::string bucket, Object object, ObjectMeta meta);
    // Adds to the end of an appendable object, or makes one at position 0. conflict
    // (PositionNotEqualToLength, ObjectNotAppendable).
    Task<Result<Object>> append(PutOrder order, std::uint64_t position);
    // Removing what is not there is a success.
    Task<Result<Removed>> remove(std::string bucket, std::string key, WantedVersion version,
                                 Cause cause);

    // All of them or none, in one transaction; an outcome for each.
    Task<Result<std::vector<Removed>>> remove_many(
        std::string bucket, std::vector<std::pair<std::string, WantedVersion>> keys, Cause cause);

    Task<Result<Listing>> list(std::string bucket, ListQuery query) const;
    // `query.after` with `after_version` (empty: behind all versions of that key).
    Task<Result<VersionListing>> list_versions(std::string bucket, ListQuery query,
                                               std::string after_version) const;

    // Multipart uploads: store_multipart.cpp.
    Task<Result<std::string>> start_upload(std::string bucket, std::string key, ObjectMeta meta,
                                           Cause cause);
    Result<Upload> upload(const std::string& bucket, const std::string& key,
                          const std::string& id) const;  // not_found (NoSuchUpload)
    Task<Result<Part>> put_part(std::string bucket, std::string key, std::string id, int number,
                                Body body, std::string sum);
    Task<Result<std::vector<Part>>> parts(std::string id, int after, std::size_t count) const;
    Task<Result<Object>> complete(CompleteOrder order);
    Task<Result<void>> abort(std::string bucket, std::string key, std::string id, Cause cause);
    Task<Result<UploadListing>> uploads(std::string bucket, ListQuery query,
                                        std::string after_id) const;

    // What is to be told of changes from now on; see change.hpp.
    void set_watches(Watches watches) {
        watches_ = std::make_shared<const Watches>(std::move(watches));
    }
    // Called on the loop thread after a change that left something in the outbox.
    void on_outbox(std::function<void()> heard) { heard_ = std::move(heard); }
    // Called on the loop thread after a change that a watch of its bucket did not take.
    void on_near_miss(std::function<void(const NearMiss&)> heard) { missed_ = std::move(heard); }
    Outbox& outbox() { return *outbox_; }

    // From now on changed keys are noted in the feed, and `heard` is called on the loop thread
    // after each change.
    void feed_copies(std::function<void()> heard) { fed_ = std::move(heard); }
    Feed& feed() { return *feed_; }
    // The bytes of an object for another thread; see BodyReader.
    Result<BodyReader> reader(const Object& object) const;

    // Files whose bodies are gone are removed a while later, for someone may still read them.
    Task<Result<int>> sweep();
    // Reads every body and compares it with its sums, with pauses.
    Task<Result<Scrubbed>> scrub(io::Timers& timers);
    // Removes files that lay here when the store was opened and that nothing names; how many.
    Task<Result<int>> drop_orphans();
    // Gives the replica what it lacks; how many files that were. Nothing without a replica.
    Task<Result<int>> catch_up();
    // "none", "in step" or "left behind: …".
    std::string replica() const;
    // Removes what the rules say is over; how many objects and uploads went.
    Task<Result<int>> expire(std::string name, std::vector<LifecycleRule> rules);

private:
    Store(store::Db read, store::Db write, const std::filesystem::path& folder, Shelf shelf,
          boost::asio::any_io_executor loop, io::BlockingPool& pool, const Clock& clock, Rng& rng,
          const Log& log);
    Task<Result<void>> change_bucket(const std::string& name, store::Writer::Job job);
    // Runs `job`; if it noted events, whoever delivers them is told.
    Task<Result<void>> change(std::function<Result<void>(store::Db&, Notes&)> job);
    Result<void> follow(const std::filesystem::path& replica);
    void leave_replica_behind(const Error& why);
    Result<std::set<std::int64_t>> named_files() const;
    Result<Segments> segments_of(const Object& object) const;
    std::optional<std::string> sound_bytes(std::int64_t id, const Segment& segment) const;
    void use_sound_bytes(std::int64_t body, std::vector<Segment>& segments) const;
    struct Damage {  // what a scrub found of one segment
        std::string what;
        bool mended = false;
        std::int64_t id = 0;  // of one in the index that can be mended:
        std::string bytes;    // these are its
    };
    Result<Damage> mend(store::Db& db, std::int64_t id, const Segment& segment,
                        const Error& found) const;
    std::optional<Damage> check_second(const Segment& segment) const;
    Task<Result<void>> write_mended(std::vector<Damage> inlined);
    Task<Result<int>> remove_unchanged(std::string name, std::vector<Object> objects);
    std::int64_t new_file() const;

    mutable store::Db read_;  // the loop's own: point reads only
    mutable Hot hot_;
    Readers readers_;  // for what takes longer, in the pool
    Shelf shelf_;
    io::BlockingPool& pool_;
    const Clock& clock_;
    Rng& rng_;
    const Log& log_;
    const WallTime opened_;
    const boost::asio::any_io_executor loop_;
    std::unique_ptr<Readers> replica_readers_;  // null: there is no replica
    std::string left_behind_;                   // why; empty: it is in step
    std::map<std::string, Bucket, std::less<>> buckets_;
    std::shared_ptr<const Watches> watches_ = std::make_shared<const Watches>();
    std::function<void()> heard_;
    std::function<void()> fed_;  // empty: nothing is copied
    std::function<void(const NearMiss&)> missed_;
    std::shared_ptr<Numbers> numbers_;  // used by the writer's thread only
    store::Writer writer_;              // before the outbox, which writes through it
    std::unique_ptr<Outbox> outbox_;
    std::unique_ptr<Feed> feed_;
};

}  // namespace mayfly::objects
