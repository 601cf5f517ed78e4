#include "cli/project_triggers.hpp"

#include "base/text.hpp"
#include "cron/schedule.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::cli {

namespace json = boost::json;

namespace {

std::string http_config(const YAML::Node& node) {
    std::string auth = "function";
    std::vector<std::string> methods;
    read(node, "auth", auth);
    read(node, "methods", methods);
    const bool all = methods.empty();
    json::array ordered;
    for (const auto known : HttpAccess::known_methods)
        if (all || std::erase(methods, known)) ordered.emplace_back(known);
    for (const auto& unknown : methods) ordered.emplace_back(unknown);  // the server says so
    return json::serialize(json::object{{"authType", auth}, {"methods", std::move(ordered)}});
}

std::string oss_config(const YAML::Node& node) {
    std::string prefix, suffix;
    std::vector<std::string> events{"oss:ObjectCreated:*"};
    read(node, "prefix", prefix);
    read(node, "suffix", suffix);
    read(node, "events", events);
    json::array all;
    for (const auto& event : events) all.emplace_back(event);
    json::object config{{"events", std::move(all)},
                        {"filter", {{"key", {{"prefix", prefix}, {"suffix", suffix}}}}}};
    std::string format;
    read(node, "format", format);
    if (!format.empty()) config["eventFormat"] = format;
    return json::serialize(config);
}

std::string bucket_arn(const YAML::Node& node) {
    std::string bucket;
    read(node, "bucket", bucket);
    if (bucket.empty()) throw Wrong{line_of(node), "an oss trigger needs a bucket"};
    return "acs:oss:cn-hangzhou::" + bucket;
}

std::string timer_config(const YAML::Node& node) {
    std::string cron, payload;
    bool enable = true;
    read(node, "cronExpression", cron);
    read(node, "payload", payload);
    read(node, "enable", enable);
    if (cron.empty())
        throw Wrong{line_of(node),
                    "a timer trigger needs a cronExpression, such as '0 0 4 * * *' for each day at "
                    "04:00 UTC"};
    if (const auto schedule = cron::Schedule::parse(cron); !schedule)
        throw Wrong{line_of(node["cronExpression"]), schedule.error().what};
    return json::serialize(
        json::object{{"cronExpression", cron}, {"payload", payload}, {"enable", enable}});
}

// The pattern stands there as a map, or as JSON in a text, as FC has it.
std::string eventbridge_config(const YAML::Node& node) {
    bool enable = true;
    read(node, "enable", enable);
    json::value pattern = json::object();
    if (const auto given = node["pattern"]; given && !given.IsNull()) {
        boost::system::error_code error;
        pattern = given.IsScalar() ? json::parse(given.Scalar(), error) : as_json(given);
        if (error || !pattern.is_object())
            throw Wrong{line_of(given),
                        "'pattern' must be a map, such as {type: [user.registered]}, or the same "
                        "as JSON"};
    }
    return json::serialize(json::object{{"triggerEnable", enable},
                                        {"asyncInvocationType", true},
                                        {"eventRuleFilterPattern", json::serialize(pattern)},
                                        {"eventSourceConfig", {{"eventSourceType", "Default"}}}});
}

struct Type {
    std::string_view name;
    std::vector<std::string> keys;  // besides name and type
    std::string (*config)(const YAML::Node&);
    std::string (*source_arn)(const YAML::Node&) = nullptr;
};
const Type kTypes[] = {
    {"http", {"auth", "methods"}, http_config},
    {"oss", {"bucket", "prefix", "suffix", "events", "format"}, oss_config, bucket_arn},
    {"timer", {"cronExpression", "payload", "enable"}, timer_config},
    {"eventbridge", {"pattern", "enable"}, eventbridge_config},
};

ProjectTrigger read_trigger(const YAML::Node& node, const std::string& function) {
    const auto where = "a trigger of '" + function + "'";
    if (!node.IsMap()) throw Wrong{line_of(node), where + " must be a map of keys and values"};
    ProjectTrigger trigger{.spec = {}, .line = line_of(node)};
    auto& spec = trigger.spec;
    read(node, "name", spec.name);
    read(node, "type", spec.type);
    for (const auto& type : kTypes) {
        if (type.name != spec.type || spec.name.empty()) continue;
        auto keys = type.keys;
        keys.insert(keys.end(), {"name", "type"});
        allow_keys(node, keys, where);
        spec.config = type.config(node);
        if (type.source_arn) spec.source_arn = type.source_arn(node);
        return trigger;
    }
    std::string known;
    for (const auto& type : kTypes) known += (known.empty() ? "" : ", ") + std::string(type.name);
    throw Wrong{trigger.line, "a trigger needs a name and a type; the type is one of " + known};
}

}  // namespace

std::vector<ProjectTrigger> read_triggers(const YAML::Node& list, const std::string& function) {
    std::vector<ProjectTrigger> triggers;
    if (!list || list.IsNull()) return triggers;
    if (!list.IsSequence()) throw Wrong{line_of(list), "'triggers' must be a list"};
    for (const auto& node : list) {
        triggers.push_back(read_trigger(node, function));
        for (const auto& other : triggers)
            if (&other != &triggers.back() && other.spec.name == triggers.back().spec.name)
                throw Wrong{line_of(node), fmt::format("function '{}' has two triggers '{}'",
                                                       function, other.spec.name)};
    }
    return triggers;
}

}  // namespace mayfly::cli
