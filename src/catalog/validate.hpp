// Is this a service, is this a function? Pure. Limits are FC's (facts of API 2016-08-15).
#pragma once

#include "base/result.hpp"
#include "model/function.hpp"
#include "model/language.hpp"

#include <string_view>
#include <vector>

namespace mayfly::catalog {

// 1 to 128 of A-Z a-z 0-9 _ -, beginning with a letter or _. `what` is "service", "function" or
// "layer".
Result<void> validate_name(std::string_view what, std::string_view name);

// `host`: the languages this machine has. All errors are invalid with the code InvalidArgument, and
// say what is allowed.
Result<void> validate(const ServiceSpec& spec);
Result<void> validate(const FunctionSpec& spec, const std::vector<Language>& host);

// Of a layer version, its package aside.
Result<void> validate(const LayerVersion& version);

// A function of this runtime may use the layer, which its caller knows by that ARN.
Result<void> validate_fit(const std::string& runtime, const LayerVersion& layer,
                          std::string_view arn);

}  // namespace mayfly::catalog
