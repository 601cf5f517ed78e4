// Would a function's output call it again? Pure.
#pragma once

#include "model/trigger.hpp"

#include <string>
#include <string_view>

namespace mayfly::cli {

// Whether some key under `written` ("BUCKET", "BUCKET/PREFIX") could set off the oss trigger. An
// output whose names end otherwise than the trigger's suffix says so after a star:
// "photos/out/*.png".
bool may_meet(const TriggerSpec& trigger, std::string_view written);

std::string watched_text(const TriggerSpec& trigger);  // "photos/in/*.jpg"

}  // namespace mayfly::cli
