#include "model/trace.hpp"

#include <algorithm>

namespace mayfly {
namespace {

constexpr std::size_t kTraceId = 32, kSpanId = 16, kStateMax = 512;
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_hex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return kDigits.contains(c); });
}

bool is_id(std::string_view text) {
    return is_hex(text) && text.find_first_not_of('0') != text.npos;
}

}  // namespace

// version "-" trace-id "-" parent-id "-" flags; versions to come may add fields behind.
std::optional<TraceContext> parse_trace(std::string_view traceparent, std::string_view tracestate) {
    constexpr std::size_t kTrace = 3, kSpan = kTrace + kTraceId + 1, kFlags = kSpan + kSpanId + 1,
                          kLength = kFlags + 2;
    if (traceparent.size() < kLength) return std::nullopt;
    const auto version = traceparent.substr(0, 2);
    if (!is_hex(version) || version == "ff") return std::nullopt;
    if (traceparent.size() > kLength && (version == "00" || traceparent[kLength] != '-'))
        return std::nullopt;
    for (const auto at : {kTrace, kSpan, kFlags})
        if (traceparent[at - 1] != '-') return std::nullopt;
    const auto trace_id = traceparent.substr(kTrace, kTraceId);
    const auto span_id = traceparent.substr(kSpan, kSpanId);
    const auto flags = traceparent.substr(kFlags, 2);
    if (!is_id(trace_id) || !is_id(span_id) || !is_hex(flags)) return std::nullopt;
    return TraceContext{.trace_id = std::string(trace_id),
                        .span_id = std::string(span_id),
                        .sampled = (kDigits.find(flags[1]) & 1) != 0,
                        .state = std::string(tracestate.size() <= kStateMax ? tracestate : "")};
}

TraceContext begin_span(const TraceContext* caller, bool sampled, Rng& rng) {
    if (!caller)
        return {.trace_id = random_hex(rng, kTraceId / 2),
                .span_id = random_hex(rng, kSpanId / 2),
                .sampled = sampled};
    return {.trace_id = caller->trace_id,
            .span_id = random_hex(rng, kSpanId / 2),
            .sampled = caller->sampled,
            .state = caller->state,
            .parent_id = caller->span_id};
}

std::string traceparent(const TraceContext& span) {
    return "00-" + span.trace_id + "-" + span.span_id + (span.sampled ? "-01" : "-00");
}

}  // namespace mayfly
