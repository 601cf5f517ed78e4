// Is this a trigger? Pure.
#pragma once

#include "base/result.hpp"
#include "model/trigger.hpp"

namespace mayfly::catalog {

inline constexpr std::size_t triggers_max = 10;  // of one function; FC's limit

// The spec as it is kept: its config in FC's form, and without what its type has no use for.
// invalid (InvalidArgument): a name, type or config that is not allowed; the sentence says what is.
Result<TriggerSpec> check_trigger(TriggerSpec spec);

}  // namespace mayfly::catalog
