// Is this a service, is this a function? Pure. Limits are FC's (facts of API 2016-08-15).
#pragma once

#include "base/result.hpp"
#include "model/function.hpp"
#include "model/language.hpp"

#include <string_view>
#include <vector>

namespace mayfly::catalog {

// 1 to 128 of A-Z a-z 0-9 _ -, beginning with a letter or _. `what` is "service" or "function".
Result<void> validate_name(std::string_view what, std::string_view name);

// `host`: the languages this machine has. All errors are invalid with the code InvalidArgument, and
// say what is allowed.
Result<void> validate(const ServiceSpec& spec);
Result<void> validate(const FunctionSpec& spec, const std::vector<Language>& host);

}  // namespace mayfly::catalog
