// A request's body as a JSON object. Pure.
#pragma once

#include "base/result.hpp"

#include <boost/json/value.hpp>

#include <string_view>

namespace mayfly::door {

// An object; an empty body is an empty one. invalid (InvalidArgument): it is anything else.
Result<boost::json::value> parse_body(std::string_view body);

}  // namespace mayfly::door
