#include "door/scaling_json.hpp"

#include "cron/schedule.hpp"
#include "door/json_body.hpp"
#include "model/fields.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

int clamped(std::int64_t n) {  // the catalog says what is out of bounds
    return static_cast<int>(std::clamp<std::int64_t>(n, -1, 1 << 30));
}

Result<int> count(const Fields& fields, std::string_view name, std::string_view of) {
    TRY(const auto n, fields.integer(name));
    if (!n) return refuse(fmt::format("{}{} is missing", of, name));
    return clamped(*n);
}

Result<WallTime> moment(const Fields& fields, std::string_view name, WallTime otherwise) {
    TRY(const auto text, fields.text(name));
    if (!text || text->empty()) return otherwise;
    if (const auto time = parse_iso8601(*text)) return *time;
    return refuse(fmt::format("{} is '{}'; write it as 2026-11-24T20:00:00Z", name, *text));
}

// "at(2026-11-24T20:00:00Z)", or "cron(0 0 4 * * *)", which comes again and again.
Result<WallTime> moment_of(std::string_view expression) {
    if (expression.starts_with("cron(") && expression.ends_with(')')) {
        const auto text = expression.substr(5, expression.size() - 6);
        if (text.contains('@'))
            return refuse(
                fmt::format("scheduleExpression '{}': cron(…) takes six fields, such as "
                            "cron(0 0 4 * * *)",
                            expression));
        const auto schedule = cron::Schedule::parse(text);
        if (!schedule)
            return refuse(
                fmt::format("scheduleExpression '{}': {}", expression, schedule.error().what));
        return WallTime::max();
    }
    if (expression.starts_with("at(") && expression.ends_with(')'))
        if (const auto time = parse_iso8601(expression.substr(3, expression.size() - 4)))
            return *time;
    return refuse(
        fmt::format("scheduleExpression '{}' is not understood; this server takes "
                    "at(2026-11-24T20:00:00Z), in UTC, and cron(0 0 4 * * *)",
                    expression));
}

Result<std::vector<json::value>> entries(const json::object& body, std::string_view name) {
    const auto at = std::ranges::find_if(
        body, [&](const auto& field) { return std::string_view(field.key()) == name; });
    if (at == body.end() || at->value().is_null()) return std::vector<json::value>();
    if (!at->value().is_array()) return refuse(fmt::format("{} must be a list", name));
    const auto& list = at->value().as_array();
    for (const auto& entry : list)
        if (!entry.is_object()) return refuse(fmt::format("{} must be a list of objects", name));
    return std::vector<json::value>(list.begin(), list.end());
}

Result<ScheduledTarget> scheduled(const json::object& entry) {
    const Fields fields(entry, "scheduledActions.");
    ScheduledTarget action;
    TRY(const auto name, fields.text("name"));
    action.name = name.value_or("");
    TRY(action.from, moment(fields, "startTime", WallTime::min()));
    TRY(action.until, moment(fields, "endTime", WallTime::max()));
    TRY(action.target, count(fields, "target", "scheduledActions."));
    TRY(const auto expression, fields.text("scheduleExpression"));
    action.expression = expression.value_or("");
    TRY(action.at, moment_of(action.expression));
    return action;
}

Result<TrackedTarget> tracked(const json::object& entry) {
    const Fields fields(entry, "targetTrackingPolicies.");
    TrackedTarget policy;
    TRY(const auto name, fields.text("name"));
    policy.name = name.value_or("");
    TRY(policy.from, moment(fields, "startTime", WallTime::min()));
    TRY(policy.until, moment(fields, "endTime", WallTime::max()));
    TRY(const auto type, fields.text("metricType"));
    if (type && !type->empty() && *type != "ProvisionedConcurrencyUtilization")
        return refuse(fmt::format(
            "metricType '{}' is not known; it is ProvisionedConcurrencyUtilization", *type));
    const auto* metric = entry.if_contains("metricTarget");
    if (!metric || !metric->is_number())
        return refuse("targetTrackingPolicies.metricTarget must be a number");
    policy.utilization = metric->to_number<double>();
    TRY(policy.least, count(fields, "minCapacity", "targetTrackingPolicies."));
    TRY(policy.most, count(fields, "maxCapacity", "targetTrackingPolicies."));
    return policy;
}

json::value moment_json(WallTime time) {
    if (time == WallTime::min() || time == WallTime::max()) return nullptr;
    return json::value(iso8601(time));
}

}  // namespace

Result<int> read_on_demand(std::string_view body) {
    TRY(const auto value, parse_body(body));
    return count(Fields(value.as_object()), "maximumInstanceCount", "");
}

Result<ProvisionConfig> read_provision(std::string_view body) {
    TRY(const auto value, parse_body(body));
    const auto& object = value.as_object();
    const Fields fields(object);
    ProvisionConfig config;
    TRY(config.target, count(fields, "target", ""));
    TRY(const auto awake, fields.boolean("alwaysAllocateCPU"));
    config.always_allocate_cpu = awake.value_or(false);
    TRY(const auto actions, entries(object, "scheduledActions"));
    for (const auto& action : actions) {
        TRY(auto read, scheduled(action.as_object()));
        config.scheduled.push_back(std::move(read));
    }
    TRY(const auto policies, entries(object, "targetTrackingPolicies"));
    for (const auto& policy : policies) {
        TRY(auto read, tracked(policy.as_object()));
        config.tracked.push_back(std::move(read));
    }
    return config;
}

std::string scaling_resource(const catalog::ScalingKey& key) {
    const auto qualifier = key.qualifier == "LATEST" ? "" : "." + key.qualifier;
    return fmt::format("services/{}{}/functions/{}", key.service, qualifier, key.function);
}

json::object to_json(const catalog::ScalingKey& key, const OnDemandConfig& config) {
    return {{"resource", scaling_resource(key)}, {"maximumInstanceCount", config.instances_max}};
}

json::object to_json(const catalog::ScalingKey& key, const ProvisionConfig& config, int current,
                     const std::string& current_error) {
    json::array actions, policies;
    for (const auto& s : config.scheduled)
        actions.push_back({{"name", s.name},
                           {"startTime", moment_json(s.from)},
                           {"endTime", moment_json(s.until)},
                           {"target", s.target},
                           {"scheduleExpression", s.expression}});
    for (const auto& t : config.tracked)
        policies.push_back({{"name", t.name},
                            {"startTime", moment_json(t.from)},
                            {"endTime", moment_json(t.until)},
                            {"metricType", "ProvisionedConcurrencyUtilization"},
                            {"metricTarget", t.utilization},
                            {"minCapacity", t.least},
                            {"maxCapacity", t.most}});
    return {{"resource",
             fmt::format("{}#{}#{}#{}", key.account, key.service, key.qualifier, key.function)},
            {"target", config.target},
            {"current", current},
            {"currentError", current_error},
            {"alwaysAllocateCPU", config.always_allocate_cpu},
            {"scheduledActions", std::move(actions)},
            {"targetTrackingPolicies", std::move(policies)}};
}

int largest_target(const ProvisionConfig& config) {
    int largest = config.target;
    for (const auto& s : config.scheduled) largest = std::max(largest, s.target);
    for (const auto& t : config.tracked) largest = std::max(largest, t.most);
    return largest;
}

}  // namespace mayfly::door
