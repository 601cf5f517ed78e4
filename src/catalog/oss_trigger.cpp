#include "catalog/oss_trigger.hpp"

#include "base/text.hpp"
#include "model/fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

#include <algorithm>
#include <array>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr auto kEvents = std::to_array<std::string_view>(
    {"oss:ObjectCreated:*", "oss:ObjectCreated:PutObject", "oss:ObjectCreated:PostObject",
     "oss:ObjectCreated:CopyObject", "oss:ObjectCreated:AppendObject",
     "oss:ObjectCreated:InitiateMultipartUpload", "oss:ObjectCreated:UploadPart",
     "oss:ObjectCreated:UploadPartCopy", "oss:ObjectCreated:CompleteMultipartUpload",
     "oss:ObjectRemoved:*", "oss:ObjectRemoved:DeleteObject", "oss:ObjectRemoved:DeleteObjects",
     "oss:ObjectRemoved:AbortMultipartUpload"});
constexpr std::size_t kKeyMax = 1024;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

Result<std::string> part_of_key(const Fields& key, std::string_view name) {
    TRY(auto part, key.text(name));
    if (part && part->size() > kKeyMax)
        return refuse(fmt::format("triggerConfig.filter.key.{} has {} bytes; it may have {}", name,
                                  part->size(), kKeyMax));
    return part.value_or("");
}

}  // namespace

Result<OssWatch> read_oss_config(std::string_view config) {
    boost::system::error_code error;
    const auto root = json::parse(config, error);
    if (error || !root.is_object()) return refuse("triggerConfig must be an object");
    const Fields fields(root.get_object(), "triggerConfig.");
    TRY(auto events, fields.list("events"));
    if (!events || events->empty())
        return refuse(fmt::format("triggerConfig.events must name at least one of {}",
                                  fmt::join(kEvents, ", ")));
    for (const auto& event : *events)
        if (std::ranges::find(kEvents, event) == kEvents.end())
            return refuse(fmt::format("triggerConfig.events has '{}'; there are {}", event,
                                      fmt::join(kEvents, ", ")));
    OssWatch watch{.events = *std::move(events)};
    TRY(const auto format, fields.text("eventFormat"));
    if (format && *format != "oss" && *format != "s3")
        return refuse(
            fmt::format("triggerConfig.eventFormat is '{}'; there are oss and s3", *format));
    watch.s3_events = format == "s3";
    TRY(const auto filter, fields.object("filter"));
    if (!filter) return watch;
    TRY(const auto key, filter->object("key"));
    if (!key) return watch;
    TRY(watch.prefix, part_of_key(*key, "prefix"));
    TRY(watch.suffix, part_of_key(*key, "suffix"));
    return watch;
}

Result<std::string> bucket_of_arn(std::string_view arn) {
    const auto parts = split(arn, ':');
    if (parts.size() == 5 && parts[0] == "acs" && parts[1] == "oss" && !parts[4].empty())
        return std::string(parts[4]);
    return refuse(
        fmt::format("sourceArn is '{}'; an oss trigger needs acs:oss:REGION:ACCOUNT:BUCKET",
                    arn.substr(0, 200)));
}

Result<OssWatch> read_oss_trigger(const TriggerSpec& spec) {
    TRY(auto watch, read_oss_config(spec.config));
    TRY(watch.bucket, bucket_of_arn(spec.source_arn));
    return watch;
}

std::string oss_config(const OssWatch& watch) {
    json::array events;
    for (const auto& event : watch.events) events.emplace_back(event);
    json::object config{
        {"events", std::move(events)},
        {"filter", {{"key", {{"prefix", watch.prefix}, {"suffix", watch.suffix}}}}}};
    if (watch.s3_events) config["eventFormat"] = "s3";
    return json::serialize(config);
}

}  // namespace mayfly::catalog
