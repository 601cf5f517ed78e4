#include "triggers/bus.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"
#include "catalog/event_pattern.hpp"
#include "model/request_id.hpp"
#include "triggers/cloud_event.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::triggers {

namespace json = boost::json;

namespace {

constexpr std::size_t kMissesTold = 20;
constexpr std::size_t kMissesKept = 1000;

std::string text(const json::object& event, std::string_view name) {
    return std::string(event.at(name).as_string());
}

// One name for source and id together, whatever bytes they have.
std::string identity(const json::object& event) {
    return hex(sha256(text(event, "source") + '\n' + text(event, "id"))).substr(0, 32);
}

}  // namespace

void Bus::refresh() {
    rules_.clear();
    for (auto& trigger : catalog_.triggers_of("eventbridge"))
        if (auto rule = catalog::read_event_config(trigger.spec.config))
            rules_.push_back({std::move(trigger), *std::move(rule)});
}

queue::Event Bus::event_for(const Rule& rule, const std::string& body) {
    const auto& t = rule.trigger;
    return {.id = {},
            .target = {t.account, t.service, t.spec.qualifier, t.function},
            .trigger = "event",
            .trigger_name = t.spec.name,
            .body = body};
}

std::vector<const Bus::Rule*> Bus::takers(const AccountId& account, const json::object& event,
                                          std::vector<NearMiss>& missed) {
    std::vector<const Rule*> found;
    for (const auto& rule : rules_) {
        if (rule.trigger.account != account) continue;
        auto why = rule.rule.enabled ? catalog::mismatch(rule.rule.pattern, event)
                                     : std::string("the trigger is disabled");
        if (why.empty()) {
            found.push_back(&rule);
            continue;
        }
        const auto& t = rule.trigger;
        NearMiss miss{t.service,         t.function,          t.spec.name,
                      std::move(why),    text(event, "type"), text(event, "source"),
                      text(event, "id"), clock_.wall()};
        if (missed.size() < kMissesTold) missed.push_back(miss);
        missed_.emplace_front(account, std::move(miss));
        if (missed_.size() > kMissesKept) missed_.pop_back();
    }
    return found;
}

std::vector<Bus::NearMiss> Bus::near_misses(const AccountId& account, std::string_view service,
                                            std::string_view function) const {
    std::vector<NearMiss> found;
    for (const auto& [whose, miss] : missed_)
        if (whose == account && miss.service == service && miss.function == function)
            found.push_back(miss);
    return found;
}

Task<Result<Bus::Published>> Bus::publish(AccountId account, json::object event, int depth,
                                          std::string parent,
                                          std::optional<TraceContext> cause_span) {
    if (!event.contains("time")) event["time"] = iso8601_millis(clock_.wall());
    event["aliyunaccountid"] = account;
    event["aliyuneventbusname"] = "default";
    const auto body = json::serialize(event);
    Published published;
    std::vector<queue::Event> wanted;  // the rules may change while the disk is waited for
    for (const auto* rule : takers(account, event, published.missed)) {
        wanted.push_back(event_for(*rule, body));
        wanted.back().task_id = fmt::format("@{}/{}", rule->trigger.spec.name, identity(event));
        wanted.back().depth = depth;
        wanted.back().parent = parent;
        wanted.back().cause_span = cause_span;
    }
    for (auto& one : wanted) {
        auto taken = co_await events_.accept(std::move(one));
        if (taken) published.ids.push_back(*std::move(taken));
        else if (taken.error().kind == Kind::conflict) ++published.there;
        else co_return Failure(std::move(taken).error());
    }
    co_return published;
}

std::vector<queue::Event> Bus::from_answer(const queue::Event& cause, const std::string& answer,
                                           bool ok) {
    boost::system::error_code error;
    auto value = json::parse(answer, error);
    json::object event;
    const bool is_event = !error && value.is_object() && value.get_object().contains("specversion");
    if (is_event && ok) event = std::move(value.get_object());
    if (auto checked = check_cloud_event(event)) {
        event = *std::move(checked);
    } else {
        event = {{"specversion", "1.0"},
                 {"id", cause.id},
                 {"source", fmt::format("fc/{}/{}", cause.target.service, cause.target.function)},
                 {"type", ok ? "fc:function:succeeded" : "fc:function:failed"}};
        if (!error) event["data"] = std::move(value);
        else event["data"] = is_utf8(answer) ? answer : base64(answer);
    }
    if (!event.contains("time")) event["time"] = iso8601_millis(clock_.wall());
    const auto body = json::serialize(event);
    std::vector<queue::Event> caused;
    std::vector<NearMiss> missed;
    for (const auto* rule : takers(cause.target.account, event, missed)) {
        auto next = event_for(*rule, body);
        next.id = new_request_id(clock_, rng_);
        next.depth = cause.depth + 1;
        next.parent = cause.id;
        caused.push_back(std::move(next));
    }
    return caused;
}

}  // namespace mayfly::triggers
