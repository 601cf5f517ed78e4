// The zygote loop for a runtime that is forked with all its threads and descriptors.
#pragma once

#include "sandbox/zygote.hpp"

#include <functional>

namespace mayfly::sandbox {

// As serve_orders(): returns in a child only. There what the parent held open is made anew, then
// `in_child` (may be null) renews what only the runtime knows of, then the threads go on. A child
// that cannot be made whole exits. The parent's signal handlers are kept.
Spec serve_orders_with_threads(Host host, const std::function<void()>& in_child);

}  // namespace mayfly::sandbox
