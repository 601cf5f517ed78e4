#include "cli/triggers.hpp"

#include "base/text.hpp"

#include <boost/json.hpp>

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

Result<void> remove_triggers(const FcClient& fc, const FunctionName& function) {
    TRY(const auto all, triggers_of(fc, function));
    for (const auto& trigger : all) {
        const auto name = percent_encode(text(trigger, "triggerName"));
        TRYV(fc.call("DELETE", triggers_path(function) + "/" + name));
    }
    return {};
}

std::string trigger_text(std::string_view type, const json::object& config) {
    std::string line(type);
    if (type == "oss") {  // "oss in/*.jpg oss:ObjectCreated:*"
        const auto& key = config.at("filter").at("key");
        line += ' ' + text(key, "prefix") + '*' + text(key, "suffix");
        return trigger_text(line, json::object{{"events", config.at("events")}});
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
