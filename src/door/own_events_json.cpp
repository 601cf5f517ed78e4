#include "door/own_events_json.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

namespace json = boost::json;

namespace {

using queue::State;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

std::string text_of(const Parameters& parameters, std::string_view name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? "" : found->second;
}

constexpr std::int64_t kLastMs = 253'402'300'799'000;  // the end of the year 9999

Result<std::vector<State>> states_of(const std::string& status) {
    if (status.empty()) return std::vector<State>{};
    for (const auto state :
         {State::waiting, State::leased, State::done, State::stopped, State::dead})
        if (queue::to_text(state) == status) return std::vector{state};
    return refuse(
        fmt::format("status '{}' is none of waiting, running, done, dead, stopped", status));
}

void add_bytes(json::object& into, const std::string& name, const std::string& bytes) {
    if (is_utf8(bytes)) into[name] = bytes;
    else into[name + "Base64"] = base64(bytes);
}

void add_lane(json::object& into, const std::string& lane) {
    const auto parts = split(lane, '/');
    if (parts.size() != 3 || parts[1] == "~url") return;
    into["service"] = parts[1];
    into["function"] = parts[2];
}

}  // namespace

Parameters parameters_of(const std::vector<std::pair<std::string, std::string>>& query) {
    Parameters all;
    for (const auto& [name, value] : query)
        if (!value.empty()) all.insert_or_assign(name, value);
    return all;
}

Result<Parameters> parameters_of(std::string_view body) {
    boost::system::error_code error;
    const auto root = json::parse(body.empty() ? "{}" : body, error);
    if (error || !root.is_object()) return refuse("the request body must be a JSON object");
    Parameters all;
    for (const auto& [name, value] : root.get_object()) {
        if (value.is_string()) all.emplace(name, value.get_string());
        else if (value.is_int64() || value.is_uint64() || value.is_bool())
            all.emplace(name, json::serialize(value));
        else if (!value.is_null())
            return refuse(
                fmt::format("'{}' must be a text or a whole number", std::string_view(name)));
    }
    return all;
}

Result<std::string> lane_prefix_of(const Parameters& parameters, const AccountId& account) {
    const auto service = text_of(parameters, "service");
    const auto function = text_of(parameters, "function");
    if (service.empty() && !function.empty())
        return refuse("a function is named together with its service");
    if (service.empty()) return account + "/";
    return account + "/" + service + "/" + function;
}

Result<std::int64_t> number_of(const Parameters& parameters, std::string_view name,
                               std::int64_t otherwise, std::int64_t least, std::int64_t most) {
    const auto text = text_of(parameters, name);
    if (text.empty()) return otherwise;
    const auto n = parse_int(text);
    if (n && *n >= least && *n <= most) return *n;
    return refuse(fmt::format("{} '{}' must be a number from {} to {}", name, text, least, most));
}

Result<queue::ListWish> list_wish(const Parameters& parameters, const AccountId& account) {
    queue::ListWish wish;
    TRY(auto lane, lane_prefix_of(parameters, account));
    if (text_of(parameters, "function").empty()) wish.lane_prefix = std::move(lane);
    else wish.lane = std::move(lane);
    wish.kind = text_of(parameters, "trigger");
    wish.signature = text_of(parameters, "signature");
    TRY(wish.states, states_of(text_of(parameters, "status")));
    TRY(const auto since, number_of(parameters, "since", -1, 0, kLastMs));
    TRY(const auto until, number_of(parameters, "until", -1, 0, kLastMs));
    if (since >= 0) wish.since = WallTime(Millis(since));
    if (until >= 0) wish.until = WallTime(Millis(until));
    TRY(wish.after, number_of(parameters, "after", 0, 0, INT64_MAX));
    TRY(const auto limit, number_of(parameters, "limit", 50, 1, 1000));
    wish.limit = static_cast<std::size_t>(limit);
    return wish;
}

Result<queue::DeadWish> dead_wish(const Parameters& parameters, const AccountId& account) {
    queue::DeadWish wish{.signature = text_of(parameters, "signature"),
                         .id = text_of(parameters, "id")};
    TRY(wish.lane_prefix, lane_prefix_of(parameters, account));
    TRY(const auto limit, number_of(parameters, "limit", 100'000, 1, 10'000'000));
    wish.limit = static_cast<std::size_t>(limit);
    return wish;
}

json::object event_json(const queue::Item& item, bool whole) {
    json::object o{{"id", item.id}};
    add_lane(o, item.lane);
    o["trigger"] = item.kind;
    boost::system::error_code error;
    const auto head = json::parse(item.head, error);
    if (!error && head.is_object())
        for (const auto* name : {"name", "url", "qualifier", "depth", "parent", "task"})
            if (const auto* value = head.get_object().if_contains(name)) o[name] = *value;
    const bool open = item.state == State::waiting || item.state == State::leased;
    o["status"] = queue::to_text(item.state);
    if (item.stopping) o["stopping"] = true;
    if (!item.cause.empty()) o["cause"] = item.cause;
    if (!item.signature.empty()) o["signature"] = item.signature;
    o["attempts"] = item.attempts;
    o["failures"] = item.failures;
    o["accepted"] = iso8601_millis(item.accepted);
    if (item.state == State::waiting) o["due"] = iso8601_millis(item.due);
    if (!open) o["ended"] = iso8601_millis(item.due);
    if (!whole) return o;
    json::array story;
    for (const auto line : split(item.story, '\n')) {
        auto value = json::parse(line, error);
        if (!error) story.push_back(std::move(value));
    }
    o["story"] = std::move(story);
    add_bytes(o, "payload", item.body);
    if (!open) add_bytes(o, "result", item.result);
    return o;
}

json::object group_json(const queue::DeadGroup& group) {
    json::object o;
    add_lane(o, group.lane);
    if (o.empty()) o["lane"] = group.lane;
    o["cause"] = group.cause;
    o["signature"] = group.signature;
    o["count"] = group.count;
    o["oldest"] = iso8601_millis(group.oldest);
    o["newest"] = iso8601_millis(group.newest);
    o["newestId"] = group.newest_id;
    return o;
}

json::object timer_json(const triggers::Timers::Shown& timer) {
    json::array next;
    for (const auto moment : timer.next) next.push_back(json::value(iso8601(moment)));
    json::object o{{"trigger", timer.trigger.spec.name},
                   {"cronExpression", timer.config.expression},
                   {"payload", timer.config.payload},
                   {"enable", timer.config.enabled},
                   {"next", std::move(next)},
                   {"missed", {{"count", timer.missed.count}}}};
    if (timer.missed.count > 0) {
        o["missed"].as_object()["first"] = iso8601(timer.missed.first);
        o["missed"].as_object()["last"] = iso8601(timer.missed.last);
    }
    return o;
}

}  // namespace mayfly::door
