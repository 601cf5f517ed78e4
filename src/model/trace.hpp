// Where a call stands in a trace: W3C Trace Context, level 1
// (https://www.w3.org/TR/trace-context-1/). Pure.
#pragma once

#include "base/rng.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly {

struct TraceContext {
    std::string trace_id;     // 32 hex digits in lower case, not all 0
    std::string span_id;      // 16, the same way
    bool sampled = false;     // somebody records it
    std::string state{};      // tracestate, as it came
    std::string parent_id{};  // span of whoever called; empty if nobody said
    bool operator==(const TraceContext&) const = default;
};

// What a request's headers say: its caller's span. Nothing if they say nothing, or what the
// standard does not know: then the trace begins anew. A tracestate over 512 bytes is left out.
std::optional<TraceContext> parse_trace(std::string_view traceparent, std::string_view tracestate);

// A new span: of the caller's trace, or of a new one with `sampled`.
TraceContext begin_span(const TraceContext* caller, bool sampled, Rng& rng);

// "00-{trace id}-{span id}-{flags}".
std::string traceparent(const TraceContext& span);

}  // namespace mayfly
