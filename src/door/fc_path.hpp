// Parts of FC's paths. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mayfly::door {

// Takes the next part off `path`, up to a slash; false at its end.
bool next_part(std::string_view& path, std::string_view& part);

// "service.qualifier" becomes both; without a dot the qualifier stays as it is.
void split_qualifier(std::string& service, std::string& qualifier);

}  // namespace mayfly::door
