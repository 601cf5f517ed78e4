#include "door/fc_modern_json.hpp"

#include "base/text.hpp"
#include "door/fc_errors.hpp"
#include "door/fc_path.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

namespace {

constexpr std::string_view k2016 = "/2016-08-15/";
constexpr std::string_view kTaskId2016 = "X-Fc-Stateful-Async-Invocation-Id";
constexpr std::string_view kTaskId2023 = "X-Fc-Async-Task-Id";

struct Path2023 {
    std::string_view method, pattern;  // {function}, {item} take one part each
    std::string_view of_2016;          // {service}, {function} and {item} are put in
};
constexpr Path2023 kPaths[] = {
    {"POST", "functions/{function}/invocations",
     "services/{service}/functions/{function}/invocations"},
    {"GET", "functions/{function}/async-invoke-config",
     "services/{service}/functions/{function}/async-invoke-config"},
    {"PUT", "functions/{function}/async-invoke-config",
     "services/{service}/functions/{function}/async-invoke-config"},
    {"DELETE", "functions/{function}/async-invoke-config",
     "services/{service}/functions/{function}/async-invoke-config"},
    {"GET", "functions/{function}/async-tasks",
     "services/{service}/functions/{function}/stateful-async-invocations"},
    {"GET", "functions/{function}/async-tasks/{item}",
     "services/{service}/functions/{function}/stateful-async-invocations/{item}"},
    {"PUT", "functions/{function}/async-tasks/{item}/stop",
     "services/{service}/functions/{function}/stateful-async-invocations/{item}"},
};

struct Name {
    std::string_view of_2016, of_2023;
};
constexpr Name kNames[] = {{"statefulInvocation", "asyncTask"},
                           {"invocations", "tasks"},
                           {"invocationId", "taskId"},
                           {"invocationPayload", "taskPayload"},
                           {"invocationErrorMessage", "taskErrorMessage"}};

std::string filled(std::string_view pattern, std::string_view service, std::string_view function,
                   std::string_view item) {
    std::string path(k2016);
    std::string_view part;
    for (bool first = true; next_part(pattern, part); first = false) {
        if (!first) path += '/';
        if (part == "{service}") path += service;
        else if (part == "{function}") path += function;
        else if (part == "{item}") path += item;
        else path += part;
    }
    return path;
}

Result<std::string> path_of_2023(const Request& request, std::string_view rest,
                                 const std::string& service) {
    for (const auto& known : kPaths) {
        if (known.method != request.method) continue;
        auto pattern = known.pattern, whole = rest;
        std::string_view wanted, part, function, item;
        bool fits = true;
        while (fits && next_part(pattern, wanted)) {
            fits = next_part(whole, part) && !part.empty();
            if (wanted == "{function}") function = part;
            else if (wanted == "{item}") item = part;
            else fits = fits && wanted == part;
        }
        if (fits && whole.empty()) return filled(known.of_2016, service, function, item);
    }
    return fail(Kind::invalid,
                fmt::format("'{}' against '{}' is not supported: of API 2023-03-30 calls, "
                            "async-invoke-config and async-tasks are served, for functions of the "
                            "service '{}'; the rest by API 2016-08-15",
                            request.method, request.path, kServiceOf2023),
                "PathNotSupported");
}

// "services/S/…" with the qualifier, which API 2016-08-15 has behind the service.
std::string path_of_2021(std::string_view rest, const std::string& qualifier) {
    std::string path(k2016);
    std::string_view part;
    bool service = false;
    for (bool first = true; next_part(rest, part); first = false) {
        if (!first) path += '/';
        path += part;
        if (std::exchange(service, part == "services" && first) && !qualifier.empty() &&
            part.find('.') == part.npos)
            path += "." + percent_encode(qualifier);
    }
    return path;
}

// Fields are renamed wherever they stand, but not within what is a user's: payloads are texts.
json::value renamed(const json::value& value, bool to_2016) {
    if (const auto* list = value.if_array()) {
        json::array all;
        for (const auto& one : *list) all.push_back(renamed(one, to_2016));
        return all;
    }
    const auto* object = value.if_object();
    if (!object) return value;
    json::object all;
    for (const auto& [key, one] : *object) {
        std::string_view name = key;
        for (const auto& known : kNames)
            if (name == (to_2016 ? known.of_2023 : known.of_2016))
                name = to_2016 ? known.of_2016 : known.of_2023;
        all[name] = renamed(one, to_2016);
    }
    return all;
}

// A trigger's configuration is a JSON text in 2021 and an object in 2016.
void turn_trigger_config(json::value& body, bool to_2016) {
    if (auto* list = body.if_object() ? body.get_object().if_contains("triggers") : nullptr;
        list && list->is_array())
        for (auto& one : list->get_array()) turn_trigger_config(one, to_2016);
    auto* config = body.if_object() ? body.get_object().if_contains("triggerConfig") : nullptr;
    if (!config) return;
    boost::system::error_code error;
    if (!to_2016 && config->is_object()) *config = json::serialize(*config);
    else if (to_2016 && config->is_string())
        if (auto parsed = json::parse(config->get_string(), error); !error)
            *config = std::move(parsed);
}

// A service and a function become the function's ARN.
void name_by_arn(json::value& body, std::string_view account) {
    if (auto* list = body.if_array())
        for (auto& one : *list) name_by_arn(one, account);
    auto* object = body.if_object();
    if (!object) return;
    if (auto* list = object->if_contains("tasks")) name_by_arn(*list, account);
    const auto take = [&](const char* name) {
        const auto* found = object->if_contains(name);
        std::string text = found && found->is_string() ? std::string(found->get_string()) : "";
        object->erase(name);
        return text;
    };
    auto function = take("function") + take("functionName");
    take("service");
    take("serviceName");
    if (!function.empty())
        (*object)["functionArn"] = fmt::format("acs:fc:local:{}:functions/{}", account, function);
}

void turn_error(FcApi api, Response& response) {
    boost::system::error_code error;
    const auto said = json::parse(response.body, error);
    if (error || !said.is_object() || !said.get_object().contains("ErrorCode")) return;
    auto code = said.at("ErrorCode");
    if (api == FcApi::of_2023 && code == "ServiceNotFound") code = "FunctionNotFound";
    if (api == FcApi::of_2023 && code == "StatefulAsyncInvocationNotFound")
        code = "AsyncTaskNotFound";
    response.body =
        json::serialize(json::object{{"RequestId", response.headers.get(request_id_header)},
                                     {"Code", code},
                                     {"Message", said.at("ErrorMessage")}});
}

}  // namespace

Result<Request> to_2016(FcApi api, Request& request) {
    auto rest = request.path.substr(k2016.size());
    std::string qualifier, query;
    for (const auto& [name, value] : query_parameters(request.query)) {
        const auto same = api == FcApi::of_2023 && name == "prefix" ? "invocationIdPrefix" : name;
        if (name == "qualifier") qualifier = value;
        else
            query +=
                (query.empty() ? "?" : "&") + percent_encode(same) + "=" + percent_encode(value);
    }
    Request same{.method = request.method};
    if (api == FcApi::of_2021) {
        same.target = path_of_2021(rest, qualifier);
    } else {
        const auto service = std::string(kServiceOf2023) +
                             (qualifier.empty() ? "" : "." + percent_encode(qualifier));
        TRY(same.target, path_of_2023(request, rest, service));
    }
    const bool is_call = same.target.ends_with("/invocations");
    same.target += query;
    for (const auto& [name, value] : request.headers)
        same.headers.add(iequals(name, kTaskId2023) ? std::string(kTaskId2016) : name, value);
    same.client_ip = request.client_ip;
    same.from_sandbox = request.from_sandbox;
    same.body_too_large = request.body_too_large;
    same.body = std::move(request.body);
    if (same.body.empty() || is_call) return same;
    boost::system::error_code error;
    auto body = json::parse(same.body, error);
    if (error) return same;  // the door says what is wrong with it
    if (api == FcApi::of_2021) turn_trigger_config(body, true);
    else body = renamed(body, true);
    same.body = json::serialize(body);
    return same;
}

void from_2016(FcApi api, Response& response, std::string_view account) {
    if (response.status >= 400) return turn_error(api, response);
    if (api == FcApi::of_2023 && response.headers.has(kTaskId2016))
        response.headers.add(std::string(kTaskId2023),
                             std::string(response.headers.get(kTaskId2016)));
    if (response.body.empty() || response.headers.get("Content-Type") != "application/json") return;
    boost::system::error_code error;
    auto body = json::parse(response.body, error);
    if (error) return;
    if (api == FcApi::of_2021) {
        turn_trigger_config(body, false);
    } else {
        body = renamed(body, false);
        name_by_arn(body, account);
    }
    response.body = json::serialize(body);
}

}  // namespace mayfly::door
