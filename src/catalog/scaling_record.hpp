// A scaling as it is written down. Format 1; a reader refuses a number it does not know. Pure.
#pragma once

#include "base/result.hpp"
#include "model/scaling.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

std::string to_record(const Scaling& scaling);

// internal: the bytes are not such a record.
Result<Scaling> scaling_from_record(std::string_view bytes);

// invalid (InvalidArgument): a number out of bounds; the sentence names it.
Result<void> validate(const ProvisionConfig& config);
Result<void> validate_instances_max(int instances_max);

}  // namespace mayfly::catalog
