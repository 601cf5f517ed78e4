// The name that everything which runs carries through answers, logs and the ledger.
#pragma once

#include "base/clock.hpp"
#include "base/rng.hpp"

#include <string>

namespace mayfly {

// "1-{8 hex unix seconds}-{24 hex}": FC's form since 2023; clients treat it as opaque. Of the 24
// the first five are the microsecond, the rest chance: later ids sort after earlier ones, so an
// index of them grows at its end, where a random one would touch a page of the disk for each.
std::string new_request_id(const Clock& clock, Rng& rng);

}  // namespace mayfly
