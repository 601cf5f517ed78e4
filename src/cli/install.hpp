// Installs what a function needs besides its own files, once for each declaration of it.
//
// The results are kept in $XDG_CACHE_HOME/mayfly/installed (~/.cache/mayfly/installed), each under
// the hash of all that decided it: the declaring files, the command, the versions of tool and
// interpreter. Nothing there is ever changed; the folder may be removed at any time.
#pragma once

#include "cli/context.hpp"
#include "cli/pack.hpp"
#include "cli/project.hpp"

#include <optional>

namespace mayfly::cli {

// Says on err what it does, unless the output is JSON. Nothing if the folder declares no
// dependencies for its language. invalid: it names files of this disk beside; internal: the tool is
// not installed or has failed; the sentence has its last lines.
Result<std::optional<Addition>> install_dependencies(Context& context,
                                                     const ProjectFunction& function);

}  // namespace mayfly::cli
