// The page at /metrics: what the parts count, in Prometheus' text format 0.0.4.
#pragma once

#include "main/wiring.hpp"

#include <string>

namespace mayfly {

std::string metrics_page(const Wiring& wiring);

}  // namespace mayfly
