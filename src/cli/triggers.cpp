#include "cli/triggers.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::cli {

namespace json = boost::json;

namespace {

std::string triggers_path(const FunctionName& function) {
    return function_path(function) + "/triggers";
}

std::string text(const json::value& object, std::string_view key) {
    const auto* members = object.if_object();
    const auto* value = members ? members->if_contains(key) : nullptr;
    return value && value->is_string() ? std::string(value->get_string()) : "";
}

}  // namespace

Result<DeployedTrigger> deploy_trigger(const FcClient& fc, const FunctionName& function,
                                       const TriggerSpec& wanted) {
    const auto path = triggers_path(function);
    const auto one = path + "/" + percent_encode(wanted.name);
    const auto config = json::parse(wanted.config);
    const auto with_the_rest = [&](json::object body) {
        body["triggerType"] = wanted.type;
        body["triggerConfig"] = config;
        if (!wanted.source_arn.empty()) body["sourceArn"] = wanted.source_arn;
        return body;
    };
    const auto there = fc.call("GET", one);
    if (!there && there.error().kind != Kind::not_found) return Failure(there.error());
    if (!there) {
        TRY(const auto made,
            fc.call("POST", path, {}, with_the_rest({{"triggerName", wanted.name}})));
        return DeployedTrigger{"created", text(made, "urlInternet")};
    }
    const auto* old =
        there->is_object() ? there->get_object().if_contains("triggerConfig") : nullptr;
    const bool same_source =
        wanted.source_arn.empty() || text(*there, "sourceArn") == wanted.source_arn;
    if (old && *old == config && same_source)
        return DeployedTrigger{"unchanged", text(*there, "urlInternet")};
    TRY(const auto changed, fc.call("PUT", one, {}, with_the_rest({})));
    return DeployedTrigger{"updated", text(changed, "urlInternet")};
}

Result<json::array> triggers_of(const FcClient& fc, const FunctionName& function) {
    return fc.list(triggers_path(function), "triggers");
}

Result<std::vector<std::string>> remove_other_triggers(const FcClient& fc,
                                                       const FunctionName& function,
                                                       const std::vector<std::string>& kept) {
    TRY(const auto all, triggers_of(fc, function));
    std::vector<std::string> gone;
    for (const auto& trigger : all) {
        auto name = text(trigger, "triggerName");
        if (std::ranges::find(kept, name) != kept.end()) continue;
        TRYV(fc.call("DELETE", triggers_path(function) + "/" + percent_encode(name)));
        gone.push_back(std::move(name));
    }
    return gone;
}

Result<void> remove_triggers(const FcClient& fc, const FunctionName& function) {
    TRYV(remove_other_triggers(fc, function, {}));
    return {};
}

std::string trigger_text(std::string_view type, const json::object& config) {
    std::string line(type);
    if (type == "oss") {  // "oss in/*.jpg oss:ObjectCreated:*"
        const auto& key = config.at("filter").at("key");
        line += ' ' + text(key, "prefix") + '*' + text(key, "suffix");
        return trigger_text(line, json::object{{"events", config.at("events")}});
    }
    if (type == "timer" || type == "eventbridge") {  // "timer 0 0 2 * * * disabled"
        const bool timer = type == "timer";
        const auto* enabled = config.if_contains(timer ? "enable" : "triggerEnable");
        line += ' ' + text(config, timer ? "cronExpression" : "eventRuleFilterPattern");
        return line + (enabled && *enabled == false ? " disabled" : "");
    }
    for (const auto& [_, value] : config) {
        line += ' ';
        if (const auto* list = value.if_array()) {
            std::string joined;
            for (const auto& item : *list)
                joined +=
                    (joined.empty() ? "" : ",") +
                    (item.is_string() ? std::string(item.get_string()) : json::serialize(item));
            line += joined;
        } else {
            line += value.is_string() ? std::string(value.get_string()) : json::serialize(value);
        }
    }
    return line;
}

}  // namespace mayfly::cli
