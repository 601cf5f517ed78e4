#include "door/own_api.hpp"

#include "base/text.hpp"
#include "door/fc_errors.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>
#include <map>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Response as_json(int status, const json::object& body) {
    Response response{.status = status, .body = json::serialize(body) + "\n"};
    response.headers.add("Content-Type", "application/json");
    return response;
}

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::invalid: return "invalid";
        case Kind::denied: return "denied";
        case Kind::not_found: return "not_found";
        case Kind::conflict: return "conflict";
        case Kind::busy: return "busy";
        case Kind::timed_out: return "timed_out";
        case Kind::unavailable: return "unavailable";
        case Kind::failed: return "failed";
        case Kind::internal: return "internal";
    }
    return "internal";
}

double millis(Micros time) { return static_cast<double>(time.count()) / 1000; }

json::object to_json(const meter::CallRecord& call) {
    const auto course = call.course.empty() ? to_json(Course{}) : call.course;
    return {{"requestId", call.request_id},
            {"service", call.service},
            {"function", call.function},
            {"version", call.version},
            {"trigger", call.trigger},
            {"start", iso8601_millis(call.start)},
            {"durationMs", millis(call.duration)},
            {"billedMs", millis(call.billed)},
            {"memoryMb", call.memory_mb},
            {"memoryMbPeak", static_cast<double>(call.memory_bytes_peak) / (1 << 20)},
            {"outcome", call.outcome},
            {"cold", call.cold},
            {"trace", call.trace_id.empty() ? json::value()
                                            : json::value{{"traceId", call.trace_id},
                                                          {"spanId", call.span_id},
                                                          {"parentSpanId", call.parent_id}}},
            {"course", json::parse(course)}};
}

json::object sums(const meter::Sum& sum) {
    return {{"invocations", sum.invocations},
            {"errors", sum.errors},
            {"billedMs", sum.billed_ms()},
            {"gbSeconds", sum.gb_seconds()},
            {"cold", sum.cold},
            {"runMs", sum.run_us / 1000},
            {"runGbSeconds", sum.run_gb_seconds()}};
}

}  // namespace

Response own_error(const Error& error, const std::string& request_id) {
    auto response = as_json(fc_status(error), {{"error",
                                                {{"code", fc_code(error)},
                                                 {"kind", kind_name(error.kind)},
                                                 {"message", error.what},
                                                 {"requestId", request_id}}}});
    response.headers.add(request_id_header, request_id);
    return response;
}

Task<Response> OwnApi::answer(const Request& request, AccountId account) {
    const auto id = new_request_id(clock_, rng_);
    constexpr std::string_view prefix = "/mayfly/v1/";
    if (const auto path = request.path.substr(prefix.size()); OwnEvents::takes(path)) {
        auto body = co_await events_.answer(request, std::string(path), account);
        co_return body ? as_json(200, *body) : own_error(body.error(), id);
    }
    if (request.path.starts_with("/mayfly/v1/accounts")) {
        auto answer = co_await accounts_.answer(request, account);
        co_return answer ? *std::move(answer) : own_error(answer.error(), id);
    }
    if (RolesApi::takes(request.path)) {
        auto answer = co_await roles_.answer(request, account);
        co_return answer ? *std::move(answer) : own_error(answer.error(), id);
    }
    if (ObjectsUpkeep::takes(request.path)) {
        auto body = co_await upkeep_.answer(request, account);
        co_return body ? as_json(200, *body) : own_error(body.error(), id);
    }
    if (request.method != "GET")
        co_return own_error(Error(Kind::invalid, "only GET is served here", "MethodNotAllowed"),
                            id);
    if (request.path == "/mayfly/v1/logs") co_return logs(request, account);
    if (request.path == "/mayfly/v1/bill")
        co_return co_await bill(account, request.query == "period=true");
    if (request.path == "/mayfly/v1/near-misses") co_return near_misses(request, account);
    if (constexpr std::string_view calls = "/mayfly/v1/calls/"; request.path.starts_with(calls))
        co_return co_await call(percent_decode(request.path.substr(calls.size())), account, id);
    co_return own_error(
        Error(Kind::not_found,
              fmt::format("{} does not exist; logs, bill, accounts, roles, near-misses, calls/ID, "
                          "events, dead, timers, objects and publish do",
                          request.path),
              "PathNotSupported"),
        id);
}

Task<Response> OwnApi::call(std::string wanted, AccountId account, std::string id) {
    const auto found = co_await ledger_.find(account, wanted);
    if (!found) co_return own_error(found.error(), id);
    if (!*found)
        co_return own_error(
            Error(Kind::not_found,
                  fmt::format("no call '{}' is kept; one that was refused never is, and of the "
                              "others the newest million",
                              wanted),
                  "CallNotFound"),
            id);
    co_return as_json(200, to_json(**found));
}

Response OwnApi::logs(const Request& request, const AccountId& account) const {
    std::string service, function;
    std::int64_t lines = 100;
    for (const auto& [name, value] : query_parameters(request.query)) {
        if (name == "service") service = value;
        if (name == "function") function = value;
        if (name == "lines")
            lines = std::clamp<std::int64_t>(parse_int(value).value_or(100), 1, 10'000);
    }
    json::array out;
    for (auto& line : log_book_.lines(account, service, function, static_cast<std::size_t>(lines)))
        out.push_back(json::object{{"time", iso8601_millis(line.time)},
                                   {"requestId", std::move(line.request_id)},
                                   {"text", std::move(line.text)}});
    return as_json(200, {{"lines", std::move(out)}});
}

Response OwnApi::near_misses(const Request& request, const AccountId& account) const {
    std::string service, function;
    for (const auto& [name, value] : query_parameters(request.query)) {
        if (name == "service") service = value;
        if (name == "function") function = value;
    }
    std::multimap<WallTime, json::object, std::greater<>> found;
    for (const auto& [trigger, miss] : object_events_.near_misses(account, service, function))
        found.emplace(miss.time, json::object{{"time", iso8601_millis(miss.time)},
                                              {"trigger", trigger},
                                              {"bucket", miss.bucket},
                                              {"key", miss.key},
                                              {"event", miss.event},
                                              {"why", miss.why}});
    for (const auto& miss : bus_.near_misses(account, service, function))
        found.emplace(miss.time, json::object{{"time", iso8601_millis(miss.time)},
                                              {"trigger", miss.trigger},
                                              {"type", miss.type},
                                              {"source", miss.source},
                                              {"id", miss.id},
                                              {"why", miss.why}});
    json::array out;
    for (auto& [_, miss] : found) out.push_back(std::move(miss));
    return as_json(200, {{"nearMisses", std::move(out)}});
}

Task<Response> OwnApi::bill(AccountId account, bool with_period) {
    std::optional<meter::Period>
        period;  // none while the disk fails: the rest is known all the same
    if (with_period)
        if (const auto found = co_await ledger_.period(account)) period = *found;
    meter::Sum total;
    json::array functions;
    for (const auto& row : ledger_.bill(account)) {
        auto entry = sums(row.sum);
        entry["service"] = row.service;
        entry["function"] = row.function;
        functions.push_back(std::move(entry));
        total += row.sum;
    }
    json::object answer{{"functions", std::move(functions)}, {"totals", sums(total)}};
    if (period)
        answer["period"] = {{"hours", period->hours},
                            {"busiestGbSeconds", period->busiest_gb_seconds}};
    co_return as_json(200, answer);
}

}  // namespace mayfly::door
