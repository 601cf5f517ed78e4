#include "catalog/scaling_record.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr int kFormat = 1;
constexpr std::size_t kRulesMax = 100;  // of each kind

std::int64_t micros(WallTime t) { return t.time_since_epoch().count(); }
WallTime wall(const json::value& v) { return WallTime(Micros(v.to_number<std::int64_t>())); }
std::string text(const json::object& o, std::string_view name) {
    return std::string(o.at(name).as_string());
}
int number(const json::object& o, std::string_view name) { return o.at(name).to_number<int>(); }

json::object to_json(const ProvisionConfig& config) {
    json::array scheduled, tracked;
    for (const auto& s : config.scheduled)
        scheduled.push_back({{"name", s.name},
                             {"from", micros(s.from)},
                             {"until", micros(s.until)},
                             {"at", micros(s.at)},
                             {"target", s.target},
                             {"expression", s.expression}});
    for (const auto& t : config.tracked)
        tracked.push_back({{"name", t.name},
                           {"from", micros(t.from)},
                           {"until", micros(t.until)},
                           {"utilization", t.utilization},
                           {"least", t.least},
                           {"most", t.most}});
    return {{"target", config.target},
            {"alwaysAllocateCpu", config.always_allocate_cpu},
            {"scheduled", std::move(scheduled)},
            {"tracked", std::move(tracked)}};
}

ProvisionConfig provision(const json::object& o) {
    ProvisionConfig config{.target = number(o, "target"),
                           .always_allocate_cpu = o.at("alwaysAllocateCpu").as_bool()};
    for (const auto& value : o.at("scheduled").as_array()) {
        const auto& s = value.as_object();
        config.scheduled.push_back({text(s, "name"), wall(s.at("from")), wall(s.at("until")),
                                    wall(s.at("at")), number(s, "target"), text(s, "expression")});
    }
    for (const auto& value : o.at("tracked").as_array()) {
        const auto& t = value.as_object();
        config.tracked.push_back({text(t, "name"), wall(t.at("from")), wall(t.at("until")),
                                  t.at("utilization").to_number<double>(), number(t, "least"),
                                  number(t, "most")});
    }
    return config;
}

Failure out_of_bounds(std::string_view what, int most) {
    return fail(Kind::invalid, fmt::format("{} must be a number from 0 to {}", what, most),
                "InvalidArgument");
}

bool is_count(int n) { return n >= 0 && n <= kInstancesMax; }

}  // namespace

std::string to_record(const Scaling& scaling) {
    json::object o{{"format", kFormat}};
    if (scaling.on_demand)
        o["onDemand"] = {{"instancesMax", scaling.on_demand->instances_max},
                         {"etag", scaling.on_demand->etag}};
    if (scaling.provision) o["provision"] = to_json(*scaling.provision);
    return json::serialize(o);
}

Result<Scaling> scaling_from_record(std::string_view bytes) {
    try {
        const auto value = json::parse(bytes);
        const auto& o = value.as_object();
        if (number(o, "format") != kFormat)
            return fail(Kind::internal, "a scaling has a format this version does not know");
        Scaling scaling;
        if (const auto* d = o.if_contains("onDemand"))
            scaling.on_demand = {number(d->as_object(), "instancesMax"),
                                 text(d->as_object(), "etag")};
        if (const auto* p = o.if_contains("provision"))
            scaling.provision = provision(p->as_object());
        return scaling;
    } catch (const std::exception& e) {
        return fail(Kind::internal, fmt::format("a scaling's record is damaged: {}", e.what()));
    }
}

Result<void> validate_instances_max(int instances_max) {
    if (is_count(instances_max)) return {};
    return out_of_bounds("maximumInstanceCount", kInstancesMax);
}

Result<void> validate(const ProvisionConfig& config) {
    if (!is_count(config.target)) return out_of_bounds("target", kInstancesMax);
    if (config.scheduled.size() > kRulesMax || config.tracked.size() > kRulesMax)
        return fail(Kind::invalid,
                    fmt::format("a provision has at most {} rules of each kind", kRulesMax),
                    "InvalidArgument");
    for (const auto& s : config.scheduled) {
        if (!is_count(s.target))
            return out_of_bounds(fmt::format("scheduledActions '{}': target", s.name),
                                 kInstancesMax);
    }
    for (const auto& t : config.tracked) {
        if (!is_count(t.least) || !is_count(t.most) || t.least > t.most)
            return fail(Kind::invalid,
                        fmt::format("targetTrackingPolicies '{}': minCapacity and maxCapacity must "
                                    "be numbers from 0 to {}, the first not above the second",
                                    t.name, kInstancesMax),
                        "InvalidArgument");
        if (!(t.utilization > 0 && t.utilization <= 1))
            return fail(Kind::invalid,
                        fmt::format("targetTrackingPolicies '{}': metricTarget must be above 0 and "
                                    "at most 1",
                                    t.name),
                        "InvalidArgument");
    }
    return {};
}

}  // namespace mayfly::catalog
