#include "catalog/event_trigger.hpp"

#include "catalog/event_pattern.hpp"
#include "model/fields.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

}  // namespace

Result<EventRule> read_event_config(std::string_view config) {
    boost::system::error_code error;
    const auto root = json::parse(config, error);
    if (error || !root.is_object()) return refuse("triggerConfig must be an object");
    const Fields fields(root.get_object(), "triggerConfig.");
    EventRule rule;
    TRY(const auto enabled, fields.boolean("triggerEnable"));
    rule.enabled = enabled.value_or(true);
    TRY(const auto source, fields.object("eventSourceConfig"));
    if (source) {
        TRY(const auto type, source->text("eventSourceType"));
        if (type.value_or("Default") != "Default")
            return refuse(
                fmt::format("triggerConfig.eventSourceConfig.eventSourceType is '{}'; this "
                            "version of the server has Default, the event bus",
                            *type));
    }
    const auto* raw = root.get_object().if_contains("eventRuleFilterPattern");
    const bool is_object = raw && raw->is_object();
    std::string pattern = is_object ? json::serialize(*raw) : std::string();
    if (!is_object) {
        TRY(const auto text, fields.text("eventRuleFilterPattern"));
        pattern = text.value_or("{}");
    }
    TRY(rule.pattern, read_pattern(pattern));
    return rule;
}

std::string event_config(const EventRule& rule) {
    return json::serialize(json::object{{"triggerEnable", rule.enabled},
                                        {"asyncInvocationType", true},
                                        {"eventRuleFilterPattern", json::serialize(rule.pattern)},
                                        {"eventSourceConfig", {{"eventSourceType", "Default"}}}});
}

}  // namespace mayfly::catalog
