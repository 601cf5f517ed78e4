// A call over the API: FC's headers to a Call, a Reply to FC's headers.
#include "base/text.hpp"
#include "door/caller_span.hpp"
#include "door/fc2016_asked.hpp"
#include "door/over_http.hpp"

#include <fmt/format.h>

namespace mayfly::door {

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

constexpr const char* exposed =
    "Date,x-fc-request-id,x-fc-error-type,x-fc-code-checksum,x-fc-invocation-duration,x-fc-max-"
    "memory-usage,"
    "x-fc-log-result,x-fc-invocation-code-version,x-fc-instance-id";

// FC tells functions for events from functions for HTTP by this.
Failure http_only(const Target& target) {
    return refuse(
        fmt::format("function '{}' has an http trigger, so it is called over HTTP, at {}; delete "
                    "the trigger to call it here",
                    target.function, http_path(target)));
}

const char* error_type(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok: return nullptr;
        case Outcome::handled_error: return "HandledInvocationError";
        default: return "UnhandledInvocationError";
    }
}

}  // namespace

Result<CallWish> read_call_headers(const Headers& headers) {
    const auto type = headers.get("X-Fc-Invocation-Type");
    const bool async = iequals(type, "Async");
    if (!async && !type.empty() && !iequals(type, "Sync"))
        return refuse(fmt::format(
            "InvocationType is set to an invalid value (allowed: Sync | Async, actual: '{}')",
            type));
    const auto log = headers.get("X-Fc-Log-Type");
    const bool tail = iequals(log, "Tail");
    if (!tail && !log.empty() && !iequals(log, "None"))
        return refuse(fmt::format(
            "LogType is set to an invalid value (allowed: Tail | None, actual: '{}')", log));
    if (async && tail)
        return refuse("LogType is set to an invalid value (allowed: None, actual: 'Tail')");
    return CallWish{.async = async, .log = tail};
}

void add_call_headers(Headers& headers, const Reply& reply, bool wants_log) {
    const auto millis = std::chrono::ceil<Millis>(reply.duration).count();
    const auto mb = static_cast<double>(reply.memory_bytes_peak) / (1 << 20);
    headers.add("X-Fc-Invocation-Duration", std::to_string(millis));
    headers.add("X-Fc-Max-Memory-Usage", fmt::format("{:.2f}", mb));
    add_first_call_headers(headers, reply);
    if (const auto* type = error_type(reply.outcome)) headers.add("X-Fc-Error-Type", type);
    if (wants_log) headers.add("X-Fc-Log-Result", base64(reply.log));
}

void add_first_call_headers(Headers& headers, const Reply& reply) {
    if (constexpr auto name = "Access-Control-Expose-Headers"; !headers.has(name))
        headers.add(name, exposed);
    headers.add("X-Fc-Instance-Id", reply.instance_id);
    headers.add("X-Mayfly-Start", std::string(to_text(reply.course.origin)));
    if (reply.route) {
        headers.add("X-Fc-Code-Checksum", std::to_string(reply.route->function.code.crc64));
        headers.add("X-Fc-Invocation-Service-Version", reply.route->version);
    }
}

Result<void> check_event(const Request& request, std::uint64_t bytes_max) {
    if (!request.body_too_large && request.body.size() <= bytes_max) return {};
    return fail(Kind::invalid,
                fmt::format("payload size exceeds maximum allowed size ({} bytes)", bytes_max),
                "EntityTooLarge");
}

Fc2016::Answer Fc2016::invoke(const Asked& asked) {
    CO_TRYV(check_event(asked.request, options_.event_bytes_max));
    CO_TRY(const auto wish, read_call_headers(asked.request.headers));
    Call call{.request_id = asked.id,
              .trigger = "api",
              .target = target_of(asked),
              .body = std::move(asked.request.body),
              .wants_log = wish.log,
              .caused_by = asked.request.caused_by,  // what it causes, its caller's event caused
              .caller_gone = asked.request.caller_gone,
              .caller_span = caller_span(asked.request.headers)};
    CO_TRY(const auto over_http, catalog_.http_access(call.target));
    if (over_http) co_return http_only(call.target);
    if (wish.async)
        co_return co_await accept(asked.request, {.id = std::move(call.request_id),
                                                  .target = std::move(call.target),
                                                  .trigger = "api",
                                                  .body = std::move(call.body)});
    CO_TRY(auto reply, co_await invoker_.invoke(std::move(call)));
    Response response;
    add_call_headers(response.headers, reply, wish.log);
    response.headers.add("Content-Type", "application/octet-stream");
    response.body = std::move(reply.body);
    co_return response;
}

}  // namespace mayfly::door
