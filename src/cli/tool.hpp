// Runs another program and waits for it.
#pragma once

#include "base/result.hpp"
#include "cli/context.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace mayfly::cli {

// What it printed, of both its streams; the end of it, if it was much. `words` begin with the
// program, which is looked for in PATH; `folder` is its working directory, `env` its environment.
// not_found: there is no such program; internal (ToolFailed): it did not end with 0; the sentence
// has its first lines and its last.
Result<std::string> run_tool(const std::vector<std::string>& words,
                             const std::filesystem::path& folder, const Env& env);

// As a person would type them.
std::string command_line(const std::vector<std::string>& words);

}  // namespace mayfly::cli
