// What is told of a change, and to whom. Pure, but for Outbox, which keeps it until it was handled.
//
// Event names are OSS's ("ObjectCreated:PutObject"); S3's follow from them. A watch is what a
// trigger of type oss asks for.
#pragma once

#include "objects/types.hpp"
#include "store/writer.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::objects {

// Who did it, and what it was.
struct Cause {
    std::string event;  // "ObjectCreated:PutObject"
    std::string request_id, client_ip;
    std::string principal;  // account or user id; empty for anonymous
    // Of a change that a function made while it answered an event:
    std::string trigger = {};  // which one, as Watch::name; empty: none
    std::string event_id = {};
    int depth = 0;                 // how many events led to that one
    std::string traceparent = {};  // of whoever made the change; empty: nobody said
};

struct Removed {
    bool marker = false;  // a marker was made, or one was removed
    std::string
        version;  // its name, or that of the version removed; empty if the bucket keeps none
};

struct Change {
    Cause cause;
    std::string bucket;
    AccountId owner;
    Object object;           // as it is now; as it was, if it was removed
    std::int64_t delta = 0;  // how many bytes more the key has
    WallTime time;
};

struct Watch {
    std::string target;  // opaque to the store: whoever delivers knows what it means
    std::string name;    // "ACCOUNT/SERVICE/FUNCTION/TRIGGER": Cause::trigger of what it causes
    std::string rule;    // id shown in the event
    std::string region;  // as well
    AccountId account;
    std::string bucket;
    std::vector<std::string> events;  // "oss:ObjectCreated:*", "oss:ObjectCreated:PutObject", …
    std::string prefix, suffix;       // of the key; empty: any
    bool s3_shape = false;            // how the event is written
};

using Watches = std::vector<Watch>;

std::string watch_name(const AccountId& account, std::string_view service,
                       std::string_view function, std::string_view trigger);

enum class Match { no, near_miss, yes };
struct Matched {
    Match match = Match::no;
    std::string why_not;  // for a near miss: "the key does not begin with 'in/'"
};
// A near miss is a change in the bucket watched that differs in event, prefix or suffix only, or
// one that the watch itself led to: a function that stores where it is triggered does not run
// again.
Matched match(const Watch& watch, std::string_view bucket, const Cause& cause,
              std::string_view key);

// A change that a watch did not take, though it is in its bucket.
struct NearMiss {
    std::string target;  // the watch's
    std::string bucket, key, event, why;
    WallTime time;
};

// {"events": [ … ]} as FC functions get it from an oss trigger; or {"Records": [ … ]}, as S3's
// notifications have it, version 2.1, where the watch wants that.
std::string event_text(const Watch& watch, const Change& change);

// The events a job of the writer has noted.
class Notes {
public:
    // `feeds`: what changes is noted for copies, too (feed.hpp).
    Notes(const Watches& watches, WallTime now, bool feeds = false)
        : watches_(watches), now_(now), feeds_(feeds) {}
    Result<void> add(store::Db& db, const Change& change);
    bool any() const { return any_; }
    std::vector<NearMiss> near_misses;  // at most 16 of a job

private:
    const Watches& watches_;
    WallTime now_;
    bool feeds_;
    bool any_ = false;
};

// Events on their way to functions.
struct OutboxEvent {
    std::int64_t id = 0;
    int tries = 0;  // that failed so far
    WallTime due, since;
    std::string target, event;
    std::string parent;  // the event that a function answered when it made the change; or empty
    int depth = 0;       // how many events led to it
    std::string traceparent;
};

// Loop thread.
class Outbox {
public:
    Outbox(store::Db read, store::Writer& writer) : read_(std::move(read)), writer_(writer) {}

    // At most `count` that are due, the oldest first.
    Result<std::vector<OutboxEvent>> due(WallTime now, int count);
    Result<std::optional<WallTime>> next_due(WallTime after);  // the first behind that moment
    Result<std::int64_t> size();
    Task<Result<void>> handled(std::int64_t id);
    Task<Result<void>> later(std::int64_t id, WallTime due);  // counts a try

private:
    store::Db read_;
    store::Writer& writer_;
};

}  // namespace mayfly::objects
