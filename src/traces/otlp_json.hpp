// Spans in the form collectors take: OTLP 1.x over HTTP, as JSON
// (https://opentelemetry.io/docs/specs/otlp/#otlphttp). Pure.
#pragma once

#include "base/rng.hpp"
#include "traces/call_span.hpp"

#include <span>
#include <string>

namespace mayfly::traces {

// An ExportTraceServiceRequest: for each call a span of kind SERVER with the faas attributes of
// OpenTelemetry's conventions, and below it one of kind INTERNAL for each phase.
std::string to_otlp(std::span<const CallSpan> calls, Rng& rng);

}  // namespace mayfly::traces
