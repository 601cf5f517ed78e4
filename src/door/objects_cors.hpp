// Cross-origin requests, decided by a bucket's rules (the Fetch standard's CORS, as S3 and OSS have
// it). Pure.
#pragma once

#include "door/http.hpp"
#include "door/objects_xml.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::door {

// The first rule that lets `origin` use `method`, and, of a preflight, all of the `headers` it
// names
// ("a, b"); null if there is none.
const CorsRule* cors_rule(const std::vector<CorsRule>& rules, std::string_view origin,
                          std::string_view method, std::string_view headers);

// What the browser is told. `headers`: those a preflight asked for.
void add_cors_headers(Response& response, const CorsRule& rule, std::string_view origin,
                      std::string_view headers);

}  // namespace mayfly::door
