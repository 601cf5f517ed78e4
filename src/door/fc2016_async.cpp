// Asynchronous calls: taking them, how they are carried out, and those that are tasks.
#include "base/text.hpp"
#include "door/caller_span.hpp"
#include "door/fc2016_asked.hpp"
#include "door/fc_async_json.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

namespace json = boost::json;

namespace {

constexpr std::string_view kTaskId = "X-Fc-Stateful-Async-Invocation-Id";

// Ours: it starts no earlier than so many seconds from now. Its age begins then.
constexpr std::string_view kDelay = "X-Mayfly-Delay-Seconds";
constexpr std::int64_t kDelaySecondsMax = 30 * 86'400;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

Result<void> check_task_id(std::string_view id) {
    const auto is_letter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto is_part = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    if (id.size() <= 128 && is_letter(id[0]) && std::ranges::all_of(id, is_part)) return {};
    return refuse(
        fmt::format("{} '{}' must begin with a letter or _, followed by letters, digits, "
                    "_ and -, 128 in all at most",
                    kTaskId, id.substr(0, 200)));
}

Result<Seconds> delay_of(const Headers& headers) {
    if (!headers.has(kDelay)) return Seconds{0};
    const auto seconds = parse_int(headers.get(kDelay));
    if (seconds && *seconds >= 0 && *seconds <= kDelaySecondsMax) return Seconds(*seconds);
    return refuse(fmt::format("{} '{}' must be a number from 0 to {}", kDelay,
                              headers.get(kDelay).substr(0, 100), kDelaySecondsMax));
}

Failure renamed(Error error, const std::string& task_id) {
    if (error.code == "TaskAlreadyExists")
        return fail(Kind::conflict,
                    fmt::format("the function has a task '{}' already; choose another id", task_id),
                    "StatefulAsyncInvocationAlreadyExists");
    return Failure(std::move(error));
}

}  // namespace

// 202 only after the event is on the disk.
Fc2016::Answer Fc2016::accept(const Request& request, queue::Event event) {
    const auto& headers = request.headers;
    CO_TRYV(catalog_.route(event.target));
    if (request.caused_by) {
        event.depth = request.caused_by->depth + 1;
        event.parent = request.caused_by->event;
    }
    if (const auto span = caller_span(headers)) event.cause_span = *span;
    event.task_id = headers.get(kTaskId);
    if (!event.task_id.empty()) {
        CO_TRYV(check_task_id(event.task_id));
    } else if (catalog_.async().effective(event.target).stateful) {
        event.task_id = event.id;
    }
    CO_TRY(const auto delay, delay_of(headers));
    if (delay > Seconds{0}) event.not_before = clock_.wall() + delay;
    const auto task_id = event.task_id;
    const auto accepted = co_await async_.events.accept(std::move(event));
    if (!accepted) co_return renamed(accepted.error(), task_id);
    Response response;
    response.status = 202;
    if (!task_id.empty()) response.headers.add(std::string(kTaskId), task_id);
    co_return response;
}

Target Fc2016::target_of(const Asked& asked) {
    return {asked.account, asked.service, asked.qualifier, asked.function};
}

Fc2016::Answer Fc2016::put_async_config(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    CO_TRY(auto change, read_async_config(asked.request.body));
    CO_TRY(const auto config, co_await catalog_.async().put(target_of(asked), std::move(change)));
    co_return json_response(to_json(config));
}

Fc2016::Answer Fc2016::get_async_config(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    CO_TRY(const auto config, catalog_.async().get(target_of(asked)));
    co_return json_response(to_json(config));
}

Fc2016::Answer Fc2016::delete_async_config(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    CO_TRYV(co_await catalog_.async().remove(target_of(asked)));
    co_return no_content();
}

Fc2016::Answer Fc2016::list_async_configs(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    json::array all;
    for (const auto& config :
         catalog_.async().of_function(asked.account, asked.service, asked.function))
        all.push_back(to_json(config));
    co_return json_response({{"configs", std::move(all)}, {"nextToken", nullptr}});
}

Fc2016::Answer Fc2016::list_task_functions(const Asked& asked) {
    json::array all;
    for (const auto& config : catalog_.async().stateful(asked.account))
        all.push_back(json::object{{"serviceName", config.service},
                                   {"functionName", config.function},
                                   {"qualifier", config.qualifier}});
    co_return json_response({{"data", std::move(all)}, {"nextToken", nullptr}});
}

Fc2016::Answer Fc2016::list_tasks(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    CO_TRY(auto wish, read_task_query(query_parameters(asked.request.query)));
    wish.lane = queue::lane_of(asked.account, asked.service, asked.function);
    CO_TRY(const auto page, co_await async_.queue.list(wish));
    json::array all;
    for (const auto& item : page.items) all.push_back(task_json(item));
    json::object body{{"invocations", nullptr}, {"nextToken", nullptr}};
    if (!all.empty()) body["invocations"] = std::move(all);
    if (page.next != 0) body["nextToken"] = std::to_string(page.next);
    co_return json_response(body);
}

Task<Result<queue::Item>> Fc2016::find_task(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    auto found = co_await async_.queue.find(
        queue::lane_of(asked.account, asked.service, asked.function), asked.item);
    if (!found && found.error().kind == Kind::not_found)
        co_return fail(Kind::not_found,
                       fmt::format("function '{}' has no task '{}'", asked.function, asked.item),
                       "StatefulAsyncInvocationNotFound");
    co_return found;
}

Fc2016::Answer Fc2016::get_task(const Asked& asked) {
    CO_TRY(const auto item, co_await find_task(asked));
    co_return json_response(task_json(item));
}

Fc2016::Answer Fc2016::stop_task(const Asked& asked) {
    CO_TRY(const auto item, co_await find_task(asked));
    auto stopped = co_await async_.walk.stop(item.id);
    if (!stopped && stopped.error().code == "TaskClosed") {
        const bool already = item.state == queue::State::stopped;
        co_return fail(already ? Kind::conflict : Kind::invalid,
                       fmt::format("task '{}' has ended: {}", asked.item, task_status(item)),
                       already ? "AsyncInvocationStopped" : "InvalidArgument");
    }
    CO_TRYV(std::move(stopped));
    co_return no_content();
}

}  // namespace mayfly::door
