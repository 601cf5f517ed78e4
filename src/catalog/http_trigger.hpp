// The configuration of an http trigger: {"authType": "anonymous" | "function", "methods": ["GET",
// …]}. Pure. What FC adds in later API versions (disableURLInternet, authConfig) is ignored.
#pragma once

#include "base/result.hpp"
#include "model/trigger.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

// invalid (InvalidArgument): not such an object; the sentence names the field and what is allowed.
Result<HttpAccess> read_http_config(std::string_view config);

// The same as FC writes it.
std::string http_config(const HttpAccess& access);

// "GET, POST": the methods it allows, for a human.
std::string methods_text(const HttpAccess& access);

}  // namespace mayfly::catalog
