// Whose trace a request continues. Pure.
#pragma once

#include "door/http.hpp"
#include "model/trace.hpp"

#include <memory>

namespace mayfly::door {

// The span that the request's `traceparent` names; null if it names none, or what is none.
std::shared_ptr<const TraceContext> caller_span(const Headers& headers);

}  // namespace mayfly::door
