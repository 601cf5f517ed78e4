// ObjectMeta as it lies in the index: a compact JSON object with a member for each kind of thing
// that is there, so that most objects have a short one. Version 1 has no version member; readers
// skip what they do not know. Pure.
#pragma once

#include "objects/types.hpp"

#include <string>
#include <string_view>

namespace mayfly::objects {

std::string to_text(const ObjectMeta& meta);
ObjectMeta meta_of(std::string_view text);  // what cannot be read is left out

}  // namespace mayfly::objects
