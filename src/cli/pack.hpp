// Packs a folder into the zip that becomes a function's code.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace mayfly::cli {

// What is packed besides the folder.
struct Addition {
    std::filesystem::path folder;
    std::string leaves_out;  // of the first folder: lines of an ignore file
};

// The same files give the same bytes, whenever and by whomever they were made: names are sorted,
// times and owners left out, modes reduced to 0755 and 0644. Left out are .git, .env, .mayfly and
// what .mayflyignore or .funignore name. A link is followed if it stays inside the folder. invalid:
// nothing to pack, a link that leads out or in a ring, a file that is neither file nor folder.
// Where folder and addition have the same file, the folder's is packed.
Result<std::string> pack_folder(const std::filesystem::path& folder,
                                const std::optional<Addition>& addition = {});

}  // namespace mayfly::cli
