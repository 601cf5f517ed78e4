// A call's span: begun with it, handed on to the function, recorded when it ends.
#include "base/text.hpp"
#include "engine/open_call.hpp"

#include <algorithm>

namespace mayfly::engine {

namespace {

void set_header(HttpHeaders& headers, std::string_view name, std::string value) {
    std::erase_if(headers, [&](const auto& field) { return iequals(field.first, name); });
    if (!value.empty()) headers.emplace_back(name, std::move(value));
}

}  // namespace

// A function behind HTTP finds it where it would find its caller's.
void Engine::begin_trace(Call& call, OpenCall& open) {
    constexpr double kWhole = 1 << 30;
    const bool chosen =
        record_span_ && static_cast<double>(rng_.next() % (1u << 30)) < span_share_ * kWhole;
    if (!call.caller_span && !chosen) return;
    open.span =
        std::make_unique<const TraceContext>(begin_span(call.caller_span.get(), chosen, rng_));
    if (call.http) set_header(call.http->headers, "traceparent", traceparent(*open.span));
}

void Engine::record_trace(const OpenCall& open, const Reply& reply) {
    if (!record_span_ || !open.span || !open.span->sampled) return;
    record_span_({.context = *open.span,
                  .request_id = open.call.request_id,
                  .trigger = open.call.trigger,
                  .instance_id = open.instance_id,
                  .route = open.route,
                  .start = open.arrived,
                  .duration = timers_.now() - open.came,
                  .course = reply.course,
                  .outcome = reply.outcome,
                  .cold = open.start == Start::cold});
}

}  // namespace mayfly::engine
