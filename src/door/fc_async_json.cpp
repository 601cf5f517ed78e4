#include "door/fc_async_json.hpp"

#include "base/text.hpp"
#include "model/fields.hpp"
#include "queue/retry.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

// Named and empty: "" takes it away. Not named: it stays.
Result<std::optional<std::string>> destination_of(const Fields& config, const json::object& raw,
                                                  const char* name) {
    const auto named = std::ranges::any_of(
        raw, [&](const auto& field) { return iequals(std::string_view(field.key()), name); });
    if (!named) return std::nullopt;
    if (config.is_blank(name)) return std::string();
    TRY(const auto side, config.object(name));
    TRY(const auto destination, side->text("destination"));
    return destination.value_or("");
}

std::int64_t millis(WallTime t) {
    return std::chrono::duration_cast<Millis>(t.time_since_epoch()).count();
}

using queue::State;

struct ByStatus {
    std::string_view name;
    std::vector<State> states;
};
const ByStatus kStatuses[] = {
    {"Enqueued", {State::waiting}}, {"Dequeued", {State::leased}},  {"Running", {State::leased}},
    {"Stopping", {State::leased}},  {"Retrying", {State::waiting}}, {"Succeeded", {State::done}},
    {"Failed", {State::dead}},      {"Expired", {State::dead}},     {"Invalid", {State::dead}},
    {"Stopped", {State::stopped}},
};

Result<WallTime> moment(std::string_view name, const std::string& value) {
    const auto ms = parse_int(value);
    if (!ms || *ms < 0 || *ms > 253'402'300'799'000)
        return refuse(fmt::format("{} '{}' must be milliseconds since 1970", name, value));
    return WallTime(Millis(*ms));
}

// What the story's lines say, as FC's events of a task.
struct Told {
    json::array events;
    std::string instance_id;
    std::string error;
    std::int64_t first_began = 0;
};

std::int64_t parse_millis(std::string_view iso) {
    // "2020-04-01T08:14:58.123Z", as story_line() writes it.
    const auto number = [&](std::size_t at, std::size_t size) {
        return static_cast<int>(parse_int(iso.substr(at, size)).value_or(0));
    };
    if (iso.size() != 24) return 0;
    using namespace std::chrono;
    const auto day = year_month_day(year(number(0, 4)), month(static_cast<unsigned>(number(5, 2))),
                                    std::chrono::day(static_cast<unsigned>(number(8, 2))));
    const auto time = sys_days(day) + hours(number(11, 2)) + minutes(number(14, 2)) +
                      seconds(number(17, 2)) + milliseconds(number(20, 3));
    return duration_cast<milliseconds>(time.time_since_epoch()).count();
}

void add_event(Told& told, std::string_view status, std::int64_t when, json::object detail) {
    told.events.push_back(
        json::object{{"eventId", static_cast<std::int64_t>(told.events.size() + 1)},
                     {"status", status},
                     {"timestamp", when},
                     {"eventDetail", json::serialize(detail)}});
}

Told tell(const queue::Item& item) {
    Told told;
    add_event(told, "Enqueued", millis(item.accepted), {});
    for (const auto line : split(item.story, '\n')) {
        boost::system::error_code error;
        const auto value = json::parse(line, error);
        if (error || !value.is_object()) continue;
        const auto& o = value.as_object();
        const auto text = [&](const char* name) {
            const auto* found = o.if_contains(name);
            return found && found->is_string() ? std::string(found->get_string()) : std::string();
        };
        const auto began = parse_millis(text("at"));
        if (const auto id = text("instance"); !id.empty()) told.instance_id = id;
        told.error = text("what");
        if (began == 0) continue;
        if (told.first_began == 0) told.first_began = began;
        add_event(told, "Running", began, o);
        if (o.contains("next")) add_event(told, "Retrying", began, {});
    }
    return told;
}

bool is_closed(const queue::Item& item) {
    return item.state != State::waiting && item.state != State::leased;
}

void add_payload(json::object& into, const char* name, const std::string& bytes) {
    if (!bytes.empty()) into[name] = is_utf8(bytes) ? bytes : base64(bytes);
}

}  // namespace

Result<catalog::AsyncChange> read_async_config(std::string_view body) {
    boost::system::error_code error;
    const auto root = json::parse(body, error);
    if (error || !root.is_object()) return refuse("the request body must be a JSON object");
    const Fields fields(root.get_object());
    catalog::AsyncChange change;
    TRY(change.retries_max, fields.integer("maxAsyncRetryAttempts"));
    TRY(change.age_seconds_max, fields.integer("maxAsyncEventAgeInSeconds"));
    TRY(change.stateful, fields.boolean("statefulInvocation"));
    TRY(change.concurrency, fields.integer("asyncConcurrency"));
    TRY(const auto config, fields.object("destinationConfig"));
    if (!config) return change;
    const auto raw = json::parse(config->as_json()).as_object();
    TRY(change.on_success, destination_of(*config, raw, "onSuccess"));
    TRY(change.on_failure, destination_of(*config, raw, "onFailure"));
    return change;
}

json::object to_json(const AsyncConfig& c) {
    const auto side = [](const std::string& destination) -> json::value {
        if (destination.empty()) return nullptr;
        return json::object{{"destination", destination}};
    };
    return {{"service", c.service},
            {"function", c.function},
            {"qualifier", c.qualifier},
            {"createdTime", iso8601(c.created)},
            {"lastModifiedTime", iso8601(c.modified)},
            {"destinationConfig",
             {{"onSuccess", side(c.on_success)}, {"onFailure", side(c.on_failure)}}},
            {"maxAsyncEventAgeInSeconds", c.age_max.count()},
            {"maxAsyncRetryAttempts", c.retries_max},
            {"statefulInvocation", c.stateful},
            {"asyncConcurrency", c.concurrency}};
}

Result<queue::ListWish> read_task_query(
    const std::vector<std::pair<std::string, std::string>>& parameters) {
    queue::ListWish wish{.dedup_only = true, .callers_only = true};
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        if (name == "limit") {
            const auto limit = parse_int(value);
            if (!limit || *limit < 1)
                return refuse(fmt::format("limit '{}' must be a number from 1 to 100", value));
            wish.limit = static_cast<std::size_t>(std::min<std::int64_t>(*limit, 100));
        } else if (name == "nextToken") {
            const auto token = parse_int(value);
            if (!token) return refuse(fmt::format("nextToken '{}' was not given by us", value));
            wish.after = *token;
        } else if (name == "status") {
            const auto known = std::ranges::find(kStatuses, value, &ByStatus::name);
            if (known == std::end(kStatuses))
                return refuse(fmt::format("status '{}' is none a task has", value));
            wish.states = known->states;
        } else if (name == "startedTimeBegin") {
            TRY(wish.since, moment(name, value));
        } else if (name == "startedTimeEnd") {
            TRY(wish.until, moment(name, value));
        } else if (name == "sortOrderByTime") {
            wish.oldest_first = iequals(value, "asc");
        } else if (name == "invocationIdPrefix") {
            wish.dedup_prefix = value;
        } else if (name == "includePayload") {
            wish.bodies = iequals(value, "true");
        }
    }
    return wish;
}

std::string_view task_status(const queue::Item& item) {
    switch (item.state) {
        case State::waiting: return item.attempts == 0 ? "Enqueued" : "Retrying";
        case State::leased: return item.stopping ? "Stopping" : "Running";
        case State::done: return "Succeeded";
        case State::stopped: return "Stopped";
        case State::dead: break;
    }
    if (item.cause == queue::kExpired) return "Expired";
    return item.cause == queue::kInvalid ? "Invalid" : "Failed";
}

json::object task_json(const queue::Item& item) {
    auto told = tell(item);
    const auto parts = split(item.lane, '/');
    const bool closed = is_closed(item);
    const auto head = json::parse(item.head).as_object();
    const auto* qualifier = head.if_contains("qualifier");
    const auto started = told.first_began != 0 ? told.first_began : millis(item.accepted);
    json::object o{
        {"functionName", parts.size() == 3 ? parts[2] : ""},
        {"serviceName", parts.size() == 3 ? parts[1] : ""},
        {"qualifier", qualifier ? *qualifier : json::value("LATEST")},
        {"invocationId", item.dedup},
        {"requestId", item.id},
        {"status", task_status(item)},
        {"startedTime", started},
        {"endTime", closed ? json::value(millis(item.due)) : json::value(0)},
        {"durationMs", closed ? std::max<std::int64_t>(0, millis(item.due) - started) : 0},
        {"destinationStatus", nullptr},
        {"invocationErrorMessage", item.state == State::done ? "" : told.error},
        {"alreadyRetriedTimes", std::max(0, item.attempts - 1)},
        {"instanceId", told.instance_id}};
    if (closed) add_event(told, task_status(item), millis(item.due), {});
    o["events"] = std::move(told.events);
    add_payload(o, "invocationPayload", item.body);
    add_payload(o, "returnPayload", item.result);
    return o;
}

}  // namespace mayfly::door
