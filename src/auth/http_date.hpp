// The dates that signed requests carry.
#pragma once

#include "base/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::auth {

// "Mon, 06 May 2024 07:08:09 GMT" (RFC 9110 IMF-fixdate) or "2024-05-06T07:08:09Z" (ISO 8601, as
// some consoles send it in x-fc-date). Nothing if it is neither. The day of the week is not
// checked.
std::optional<WallTime> parse_http_date(std::string_view text);

// IMF-fixdate, whole seconds.
std::string http_date(WallTime t);

}  // namespace mayfly::auth
