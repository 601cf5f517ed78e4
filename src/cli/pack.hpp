// Packs a folder into the zip that becomes a function's code.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>

namespace mayfly::cli {

// The same files give the same bytes, whenever and by whomever they were made: names are sorted,
// times and owners left out, modes reduced to 0755 and 0644. Left out are .git, .env, .mayfly and
// what .mayflyignore or .funignore name. A link is followed if it stays inside the folder. invalid:
// nothing to pack, a link that leads out or in a ring, a file that is neither file nor folder.
Result<std::string> pack_folder(const std::filesystem::path& folder);

}  // namespace mayfly::cli
