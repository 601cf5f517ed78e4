// How the dependencies of a function are installed, by what its folder declares. Pure.
#pragma once

#include "model/language.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::cli {

// What is run, and which files decide what comes of it. All paths are relative to a work folder
// that the files are copied to.
struct Recipe {
    std::vector<std::string> inputs;   // files and folders, as the function's folder has them
    std::vector<std::string> version;  // a command that names the versions of tool and interpreter
    std::vector<std::string> command;
    std::vector<std::pair<std::string, std::string>>
        results;                 // from the work folder to the package
    std::string leaves_out;      // of the function's own files, as lines of an ignore file
    std::string debian_package;  // that the tool is in
};

// Nothing where the folder declares no dependencies for that language. `has` tells whether it has a
// file or folder of that name. A Makefile is not a declaration: it may do anything.
std::optional<Recipe> recipe_for(Language language,
                                 const std::function<bool(std::string_view)>& has);

// The line of a requirements.txt or package.json that names something on this disk, whose content
// the file does not tell: it cannot be installed apart from its folder.
std::optional<std::string> local_reference(std::string_view manifest, std::string_view text);

}  // namespace mayfly::cli
