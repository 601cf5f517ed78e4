#include "door/own_events.hpp"

#include "base/text.hpp"
#include "door/caller_span.hpp"
#include "door/own_events_json.hpp"
#include "triggers/cloud_event.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

Result<json::object> object_of(std::string_view body) {
    boost::system::error_code error;
    auto root = json::parse(body.empty() ? "{}" : body, error);
    if (error || !root.is_object()) return refuse("the request body must be a JSON object");
    return std::move(root.get_object());
}

Result<Trigger> timer_of(const catalog::Catalog& catalog, const Parameters& parameters,
                         const AccountId& account) {
    const auto text = [&](const char* name) {
        const auto found = parameters.find(name);
        return found == parameters.end() ? std::string() : found->second;
    };
    TRY(auto trigger, catalog.trigger(account, text("service"), text("function"), text("trigger")));
    if (trigger.spec.type == "timer") return trigger;
    return refuse(
        fmt::format("trigger '{}' is of type {}, not timer", trigger.spec.name, trigger.spec.type));
}

}  // namespace

bool OwnEvents::takes(std::string_view path) {
    const auto first = path.substr(0, path.find('/'));
    return first == "events" || first == "dead" || first == "timers" || first == "publish";
}

OwnEvents::Answer OwnEvents::answer(const Request& request, std::string path, AccountId account) {
    const bool get = request.method == "GET", post = request.method == "POST";
    if (get && path == "events") co_return co_await list(request, account);
    if (get && path == "dead") co_return co_await dead(request, account);
    if (get && path == "timers") co_return co_await timers(request, account);
    if (post && path == "events/replay") co_return co_await replay_many(request, account);
    if (post && path == "dead/redrive") co_return co_await redrive(request, account);
    if (post && path == "dead/drop") co_return co_await drop(request, account);
    if (post && path == "timers/run") co_return co_await run_timer(request, account);
    if (post && path == "timers/backfill") co_return co_await backfill(request, account);
    if (post && path == "publish") co_return co_await publish(request, account);
    const auto parts = split(path, '/');
    if (parts[0] == "events" && parts.size() >= 2 && !parts[1].empty()) {
        auto id = percent_decode(parts[1]);
        if (get && parts.size() == 2) co_return co_await show(std::move(id), account);
        if (post && parts.size() == 3 && parts[2] == "replay")
            co_return co_await replay(std::move(id), request, account);
        if (post && parts.size() == 3 && parts[2] == "stop")
            co_return co_await stop(std::move(id), account);
    }
    co_return fail(
        Kind::not_found,
        fmt::format("'{}' against '/mayfly/v1/{}' is not supported", request.method, path),
        "PathNotSupported");
}

OwnEvents::Answer OwnEvents::list(const Request& request, AccountId account) {
    CO_TRY(auto wish, list_wish(parameters_of(query_parameters(request.query)), account));
    CO_TRY(const auto page, co_await queue_.list(std::move(wish)));
    json::array all;
    for (const auto& item : page.items) all.push_back(event_json(item, false));
    json::object body{{"events", std::move(all)}, {"next", nullptr}};
    if (page.next != 0) body["next"] = std::to_string(page.next);
    co_return body;
}

Task<Result<queue::Item>> OwnEvents::find(std::string id, AccountId account) {
    auto item = co_await queue_.get(id);
    if (item && !item->lane.starts_with(account + "/"))
        co_return fail(Kind::not_found, fmt::format("no event '{}' is kept", id), "TaskNotFound");
    co_return item;
}

OwnEvents::Answer OwnEvents::show(std::string id, AccountId account) {
    CO_TRY(const auto item, co_await find(std::move(id), std::move(account)));
    co_return event_json(item, true);
}

// The same event anew, with what is to be different.
Task<Result<std::string>> OwnEvents::again(const queue::Item& item, const json::object& changes) {
    CO_TRY(auto event, queue::to_event("", item.head, item.body));
    const auto change = [&](const char* name, std::string& into) -> Result<void> {
        const auto* value = changes.if_contains(name);
        if (!value || value->is_null()) return {};
        if (!value->is_string()) return refuse(fmt::format("'{}' must be a text", name));
        into = value->get_string();
        return {};
    };
    CO_TRYV(change("payload", event.body));
    CO_TRYV(change("service", event.target.service));
    CO_TRYV(change("function", event.target.function));
    CO_TRYV(change("qualifier", event.target.qualifier));
    std::string encoded;
    CO_TRYV(change("payloadBase64", encoded));
    if (!encoded.empty()) {
        auto bytes = base64_decode(encoded);
        if (!bytes) co_return refuse("'payloadBase64' is not base64");
        event.body = *std::move(bytes);
    }
    if (event.url.empty()) CO_TRYV(catalog_.route(event.target));
    event.task_id.clear();
    event.not_before = {};
    event.depth = 0;  // a person drives it, not a loop
    event.parent = item.id;
    co_return co_await events_.accept(std::move(event));
}

OwnEvents::Answer OwnEvents::replay(std::string id, const Request& request, AccountId account) {
    CO_TRY(const auto changes, object_of(request.body));
    CO_TRY(const auto item, co_await find(std::move(id), std::move(account)));
    CO_TRY(auto made, co_await again(item, changes));
    co_return json::object{{"id", std::move(made)}};
}

OwnEvents::Answer OwnEvents::replay_many(const Request& request, AccountId account) {
    CO_TRY(const auto parameters, parameters_of(request.body));
    CO_TRY(auto wish, list_wish(parameters, account));
    wish.bodies = true;
    wish.oldest_first = true;
    CO_TRY(const auto page, co_await queue_.list(std::move(wish)));
    std::int64_t count = 0;
    for (const auto& item : page.items) {
        CO_TRYV(co_await again(item, {}));
        ++count;
    }
    co_return json::object{{"replayed", count}};
}

OwnEvents::Answer OwnEvents::stop(std::string id, AccountId account) {
    CO_TRY(const auto item, co_await find(std::move(id), std::move(account)));
    CO_TRY(const auto state, co_await walk_.stop(item.id));
    co_return json::object{{"status", state == queue::State::leased ? "stopping" : "stopped"}};
}

OwnEvents::Answer OwnEvents::dead(const Request& request, AccountId account) {
    CO_TRY(auto prefix, lane_prefix_of(parameters_of(query_parameters(request.query)), account));
    CO_TRY(const auto groups, co_await queue_.dead_groups(std::move(prefix)));
    json::array all;
    for (const auto& group : groups) all.push_back(group_json(group));
    co_return json::object{{"groups", std::move(all)}};
}

OwnEvents::Answer OwnEvents::redrive(const Request& request, AccountId account) {
    CO_TRY(const auto parameters, parameters_of(request.body));
    CO_TRY(auto wish, dead_wish(parameters, account));
    CO_TRY(const auto rate, number_of(parameters, "rate", 0, 0, 1'000'000));  // a second; 0: all
    const auto gap = rate == 0 ? Micros(0) : Micros(1'000'000 / rate);
    CO_TRY(const auto count, co_await queue_.redrive(std::move(wish), clock_.wall(), gap));
    co_return json::object{{"redriven", count}};
}

OwnEvents::Answer OwnEvents::drop(const Request& request, AccountId account) {
    CO_TRY(const auto parameters, parameters_of(request.body));
    CO_TRY(auto wish, dead_wish(parameters, account));
    CO_TRY(const auto count, co_await queue_.drop(std::move(wish)));
    co_return json::object{{"dropped", count}};
}

OwnEvents::Answer OwnEvents::timers(const Request& request, AccountId account) {
    const auto parameters = parameters_of(query_parameters(request.query));
    CO_TRY(const auto count, number_of(parameters, "count", 5, 1, 1000));
    const auto text = [&](const char* name) {
        const auto found = parameters.find(name);
        return found == parameters.end() ? std::string() : found->second;
    };
    CO_TRYV(catalog_.function(account, text("service"), text("function")));
    json::array all;
    for (const auto& timer : timers_.of_function(account, text("service"), text("function"),
                                                 static_cast<std::size_t>(count)))
        all.push_back(timer_json(timer));
    co_return json::object{{"timers", std::move(all)}};
}

OwnEvents::Answer OwnEvents::run_timer(const Request& request, AccountId account) {
    CO_TRY(const auto parameters, parameters_of(request.body));
    CO_TRY(auto trigger, timer_of(catalog_, parameters, account));
    CO_TRY(auto id, co_await timers_.run(std::move(trigger)));
    co_return json::object{{"id", std::move(id)}};
}

OwnEvents::Answer OwnEvents::publish(const Request& request, AccountId account) {
    std::vector<std::pair<std::string, std::string>> attributes;
    for (const auto& [name, value] : request.headers)
        if (lower(name).starts_with("ce-")) attributes.emplace_back(name, value);
    CO_TRY(auto events, triggers::read_cloud_events(request.headers.get("Content-Type"), attributes,
                                                    request.body));
    const auto cause = request.caused_by.value_or(CausedBy{.depth = -1});
    const auto span = caller_span(request.headers);
    json::array all;
    for (auto& event : events) {
        CO_TRY(const auto done,
               co_await bus_.publish(account, std::move(event), cause.depth + 1, cause.event,
                                     span ? std::optional(*span) : std::nullopt));
        json::array missed;
        for (const auto& miss : done.missed)
            missed.push_back(json::object{{"service", miss.service},
                                          {"function", miss.function},
                                          {"trigger", miss.trigger},
                                          {"why", miss.why}});
        all.push_back(json::object{{"ids", json::array(done.ids.begin(), done.ids.end())},
                                   {"there", done.there},
                                   {"missed", std::move(missed)}});
    }
    co_return json::object{{"events", std::move(all)}};
}

OwnEvents::Answer OwnEvents::backfill(const Request& request, AccountId account) {
    CO_TRY(const auto parameters, parameters_of(request.body));
    CO_TRY(auto trigger, timer_of(catalog_, parameters, account));
    constexpr std::int64_t kLastMs = 253'402'300'799'000;
    CO_TRY(const auto after, number_of(parameters, "after", -1, 0, kLastMs));
    const auto now = std::chrono::duration_cast<Millis>(timers_.wall().time_since_epoch()).count();
    CO_TRY(const auto until, number_of(parameters, "until", now, 0, kLastMs));
    if (after < 0) co_return refuse("'after' is missing: from when on, in milliseconds since 1970");
    CO_TRY(const auto filled, co_await timers_.backfill(std::move(trigger), WallTime(Millis(after)),
                                                        WallTime(Millis(until))));
    co_return json::object{{"made", filled.made}, {"there", filled.there}};
}

}  // namespace mayfly::door
