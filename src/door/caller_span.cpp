#include "door/caller_span.hpp"

namespace mayfly::door {

std::shared_ptr<const TraceContext> caller_span(const Headers& headers) {
    const auto said = headers.get("traceparent");
    if (said.empty()) return nullptr;
    auto span = parse_trace(said, headers.get("tracestate"));
    return span ? std::make_shared<const TraceContext>(*std::move(span)) : nullptr;
}

}  // namespace mayfly::door
