// Private to cli/: the triggers of a function in mayfly.yaml, in the form the API shows them.
#pragma once

#include "cli/project.hpp"
#include "cli/yaml.hpp"

#include <string>
#include <vector>

namespace mayfly::cli {

// `list`: what stands behind `triggers:`; nothing or null for none. Throws Wrong.
std::vector<ProjectTrigger> read_triggers(const YAML::Node& list, const std::string& function);

}  // namespace mayfly::cli
