#include "objects/change.hpp"

#include "base/text.hpp"
#include "objects/feed.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace mayfly::objects {

namespace json = boost::json;

namespace {

bool names_event(std::string_view wanted, std::string_view event) {
    if (wanted.starts_with("oss:")) wanted.remove_prefix(4);
    if (!wanted.ends_with('*')) return wanted == event;
    return event.starts_with(wanted.substr(0, wanted.size() - 1));
}

std::string upper(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return text;
}

}  // namespace

std::string watch_name(const AccountId& account, std::string_view service,
                       std::string_view function, std::string_view trigger) {
    return fmt::format("{}/{}/{}/{}", account, service, function, trigger);
}

Matched match(const Watch& watch, std::string_view bucket, const Cause& cause,
              std::string_view key) {
    const auto& event = cause.event;
    if (watch.bucket != bucket) return {};
    if (std::ranges::none_of(watch.events,
                             [&](const auto& wanted) { return names_event(wanted, event); }))
        return {Match::near_miss, fmt::format("it does not watch for {}", event)};
    if (!key.starts_with(watch.prefix))
        return {Match::near_miss, fmt::format("the key does not begin with '{}'", watch.prefix)};
    if (!key.ends_with(watch.suffix))
        return {Match::near_miss, fmt::format("the key does not end with '{}'", watch.suffix)};
    if (!cause.trigger.empty() && cause.trigger == watch.name)
        return {
            Match::near_miss,
            "the function it runs stored this itself, and would run on its own output for ever: "
            "let it write outside of what the trigger watches"};
    return {Match::yes, {}};
}

namespace {

// "ObjectCreated:Put" for OSS's "ObjectCreated:PutObject" or "…:AppendObject".
std::string s3_name(std::string_view event) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kNames{
        {{"ObjectCreated:PutObject", "ObjectCreated:Put"},
         {"ObjectCreated:AppendObject", "ObjectCreated:Put"},
         {"ObjectCreated:PostObject", "ObjectCreated:Post"},
         {"ObjectCreated:CopyObject", "ObjectCreated:Copy"},
         {"ObjectRemoved:DeleteObject", "ObjectRemoved:Delete"},
         {"ObjectRemoved:DeleteObjects", "ObjectRemoved:Delete"}}};
    const auto* at = std::ranges::find(kNames, event, [](const auto& p) { return p.first; });
    return std::string(at == kNames.end() ? event : at->second);
}

// As a form encodes it: a space is '+'.
std::string s3_key(std::string_view key) {
    std::string out;
    for (const char c : key)
        out += c == ' '   ? std::string("+")
               : c == '/' ? std::string("/")
                          : percent_encode(std::string_view(&c, 1));
    return out;
}

std::string s3_event_text(const Watch& watch, const Change& change) {
    const auto& object = change.object;
    json::object about{{"key", s3_key(object.key)},
                       {"size", object.size},
                       {"eTag", object.etag},
                       {"sequencer", fmt::format("{:016X}", object.version)}};
    if (!object.null_version) about["versionId"] = version_id(object);
    json::object record{{"eventVersion", "2.1"},
                        {"eventSource", "aws:s3"},
                        {"awsRegion", watch.region},
                        {"eventTime", iso8601_millis(change.time)},
                        {"eventName", s3_name(change.cause.event)},
                        {"userIdentity", {{"principalId", change.cause.principal}}},
                        {"requestParameters", {{"sourceIPAddress", change.cause.client_ip}}},
                        {"responseElements", {{"x-amz-request-id", change.cause.request_id}}},
                        {"s3",
                         {{"s3SchemaVersion", "1.0"},
                          {"configurationId", watch.rule},
                          {"bucket",
                           {{"name", change.bucket},
                            {"ownerIdentity", {{"principalId", change.owner}}},
                            {"arn", "arn:aws:s3:::" + change.bucket}}},
                          {"object", std::move(about)}}}};
    return json::serialize(json::object{{"Records", json::array{std::move(record)}}});
}

}  // namespace

std::string event_text(const Watch& watch, const Change& change) {
    if (watch.s3_shape) return s3_event_text(watch, change);
    const auto& region = watch.region;
    const auto& object = change.object;
    json::object event{
        {"eventName", change.cause.event},
        {"eventSource", "acs:oss"},
        {"eventTime", iso8601_millis(change.time)},
        {"eventVersion", "1.0"},
        {"oss",
         {{"bucket",
           {{"arn", fmt::format("acs:oss:{}:{}:{}", region, change.owner, change.bucket)},
            {"name", change.bucket},
            {"ownerIdentity", change.owner},
            {"virtualBucket", ""}}},
          {"object",
           {{"deltaSize", change.delta},
            {"eTag", upper(object.etag)},
            {"key", object.key},
            {"size", object.size}}},
          {"ossSchemaVersion", "1.0"},
          {"ruleId", watch.rule}}},
        {"region", region},
        {"requestParameters", {{"sourceIPAddress", change.cause.client_ip}}},
        {"responseElements", {{"requestId", change.cause.request_id}}},
        {"userIdentity", {{"principalId", change.cause.principal}}}};
    return json::serialize(json::object{{"events", json::array{std::move(event)}}});
}

Result<void> Notes::add(store::Db& db, const Change& change) {
    if (feeds_) TRYV(feed(db, change.bucket, change.object.key));
    for (const auto& watch : watches_) {
        const auto matched = match(watch, change.bucket, change.cause, change.object.key);
        if (matched.match == Match::no || watch.account != change.owner) continue;
        if (matched.match == Match::near_miss) {
            if (near_misses.size() < 16)
                near_misses.push_back({.target = watch.target,
                                       .bucket = change.bucket,
                                       .key = change.object.key,
                                       .event = change.cause.event,
                                       .why = matched.why_not,
                                       .time = change.time});
            continue;
        }
        TRY(auto* put, db.cached("INSERT INTO outbox (due, since, tries, target, event, parent, "
                                 "depth, traceparent) VALUES (?, ?, 0, ?, ?, ?, ?, ?)"));
        const auto now = now_.time_since_epoch().count();
        const int depth = change.cause.event_id.empty() ? 0 : change.cause.depth + 1;
        TRYV(put->run(now, now, watch.target, event_text(watch, change), change.cause.event_id,
                      depth, change.cause.traceparent));
        any_ = true;
    }
    return {};
}

Result<std::vector<OutboxEvent>> Outbox::due(WallTime now, int count) {
    std::vector<OutboxEvent> found;
    TRY(auto* read,
        read_.cached("SELECT id, tries, due, since, target, event, parent, depth, traceparent FROM "
                     "outbox WHERE due <= ? ORDER BY due, id LIMIT ?"));
    TRYV(read->bind(now.time_since_epoch().count(), count));
    for (;;) {
        TRY(const bool there, read->step());
        if (!there) break;
        found.push_back({.id = read->integer(0),
                         .tries = static_cast<int>(read->integer(1)),
                         .due = WallTime(Micros(read->integer(2))),
                         .since = WallTime(Micros(read->integer(3))),
                         .target = std::string(read->text(4)),
                         .event = std::string(read->text(5)),
                         .parent = std::string(read->text(6)),
                         .depth = static_cast<int>(read->integer(7)),
                         .traceparent = std::string(read->text(8))});
    }
    read->rewind();
    return found;
}

Result<std::optional<WallTime>> Outbox::next_due(WallTime after) {
    TRY(auto* read, read_.cached("SELECT min(due) FROM outbox WHERE due > ?"));
    TRYV(read->bind(after.time_since_epoch().count()));
    TRY(const bool there, read->step());
    std::optional<WallTime> due;
    if (there && !read->is_null(0)) due = WallTime(Micros(read->integer(0)));
    read->rewind();
    return due;
}

Result<std::int64_t> Outbox::size() {
    TRY(auto* read, read_.cached("SELECT count(*) FROM outbox"));
    TRYV(read->bind());
    TRYV(read->step());
    const auto count = read->integer(0);
    read->rewind();
    return count;
}

Task<Result<void>> Outbox::handled(std::int64_t id) {
    return writer_.commit([id](store::Db& db) -> Result<void> {
        TRY(auto* drop, db.cached("DELETE FROM outbox WHERE id = ?"));
        return drop->run(id);
    });
}

Task<Result<void>> Outbox::later(std::int64_t id, WallTime due) {
    return writer_.commit([id, due](store::Db& db) -> Result<void> {
        TRY(auto* put, db.cached("UPDATE outbox SET due = ?, tries = tries + 1 WHERE id = ?"));
        return put->run(due.time_since_epoch().count(), id);
    });
}

}  // namespace mayfly::objects
