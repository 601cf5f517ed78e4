#include "traces/otlp_json.hpp"

#include <boost/json.hpp>

namespace mayfly::traces {
namespace {

namespace json = boost::json;

constexpr int kInternal = 1, kServer = 2;  // SpanKind
constexpr int kError = 2;                  // Status.code

json::object text(std::string_view key, std::string_view value) {
    return {{"key", key}, {"value", {{"stringValue", value}}}};
}
json::object number(std::string_view key, std::int64_t value) {  // 64 bits are text in JSON
    return {{"key", key}, {"value", {{"intValue", std::to_string(value)}}}};
}
json::object flag(std::string_view key, bool value) {
    return {{"key", key}, {"value", {{"boolValue", value}}}};
}

std::string nanos(WallTime time) { return std::to_string(time.time_since_epoch().count() * 1000); }

json::object span_of(const TraceContext& context, std::string_view name, int kind, WallTime start,
                     WallTime end) {
    json::object span{{"traceId", context.trace_id},
                      {"spanId", context.span_id},
                      {"name", name},
                      {"kind", kind},
                      {"startTimeUnixNano", nanos(start)},
                      {"endTimeUnixNano", nanos(end)}};
    if (!context.parent_id.empty()) span["parentSpanId"] = context.parent_id;
    if (!context.state.empty()) span["traceState"] = context.state;
    return span;
}

void add(json::array& spans, const CallSpan& call, Rng& rng) {
    const auto& f = call.route->function;
    auto span = span_of(call.context, f.service + "/" + f.spec.name, kServer, call.start,
                        call.start + call.duration);
    span["attributes"] = {text("faas.name", f.service + "/" + f.spec.name),
                          text("faas.version", call.route->version),
                          text("faas.trigger", call.trigger == "http" ? "http" : "other"),
                          text("mayfly.trigger", call.trigger),
                          text("faas.invocation_id", call.request_id),
                          text("faas.instance", call.instance_id),
                          number("faas.max_memory", std::int64_t{f.spec.memory_mb} << 20),
                          flag("faas.coldstart", call.cold),
                          text("cloud.account.id", f.account),
                          text("mayfly.outcome", to_text(call.outcome))};
    if (call.outcome != Outcome::ok)
        span["status"] = {{"code", kError}, {"message", to_text(call.outcome)}};
    spans.push_back(std::move(span));
    auto from = call.start;
    for (const auto& phase : call.course.phases) {
        const TraceContext below{.trace_id = call.context.trace_id,
                                 .span_id = random_hex(rng, 8),
                                 .parent_id = call.context.span_id};
        spans.push_back(span_of(below, phase.name, kInternal, from, from + phase.took));
        from += phase.took;
    }
}

}  // namespace

std::string to_otlp(std::span<const CallSpan> calls, Rng& rng) {
    json::array spans;
    for (const auto& call : calls) add(spans, call, rng);
    json::object scope{{"scope", {{"name", "mayfly"}, {"version", MAYFLY_VERSION}}},
                       {"spans", std::move(spans)}};
    json::object resource{
        {"resource",
         {{"attributes",
           {text("service.name", "mayfly"), text("service.version", MAYFLY_VERSION)}}}},
        {"scopeSpans", json::array{std::move(scope)}}};
    return json::serialize(json::object{{"resourceSpans", json::array{std::move(resource)}}});
}

}  // namespace mayfly::traces
