#include "cli/loops.hpp"

#include <boost/json.hpp>

namespace mayfly::cli {

namespace {

struct Place {
    std::string bucket, prefix, suffix;
};

Place watched(const TriggerSpec& trigger) {
    const auto config = boost::json::parse(trigger.config);
    const auto& key = config.at("filter").at("key");
    return {.bucket = trigger.source_arn.substr(trigger.source_arn.rfind(':') + 1),
            .prefix = std::string(key.at("prefix").as_string()),
            .suffix = std::string(key.at("suffix").as_string())};
}

Place place_of(std::string_view text) {
    Place place;
    if (const auto star = text.find('*'); star != text.npos) {
        place.suffix = text.substr(star + 1);
        text = text.substr(0, star);
    }
    const auto slash = text.find('/');
    place.bucket = text.substr(0, slash);
    if (slash != text.npos) place.prefix = text.substr(slash + 1);
    return place;
}

}  // namespace

bool may_meet(const TriggerSpec& trigger, std::string_view written) {
    const auto in = watched(trigger), out = place_of(written);
    const bool prefixes = in.prefix.starts_with(out.prefix) || out.prefix.starts_with(in.prefix);
    const bool suffixes = in.suffix.ends_with(out.suffix) || out.suffix.ends_with(in.suffix);
    return in.bucket == out.bucket && prefixes && suffixes;
}

std::string watched_text(const TriggerSpec& trigger) {
    const auto in = watched(trigger);
    return in.bucket + "/" + in.prefix + "*" + in.suffix;
}

}  // namespace mayfly::cli
