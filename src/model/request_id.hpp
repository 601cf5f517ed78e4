// The name that everything which runs carries through answers, logs and the ledger.
#pragma once

#include "base/clock.hpp"
#include "base/rng.hpp"

#include <string>

namespace mayfly {

// "1-{8 hex unix seconds}-{24 hex}": FC's form since 2023; clients treat it as opaque.
std::string new_request_id(const Clock& clock, Rng& rng);

}  // namespace mayfly
