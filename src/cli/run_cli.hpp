// The command line: parses words, runs one verb, returns the exit code. It talks to the server as
// any client does, by signed HTTP.
#pragma once

#include "cli/context.hpp"

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace mayfly::cli {

// Lets main add verbs that need more than HTTP (`serve`): it adds a subcommand whose callback puts
// what is to be done into `chosen`.
using AddVerbs = std::function<void(CLI::App& app, Action& chosen)>;

// `words` are the arguments without the program's name. Data goes to out, words to err. Exit codes:
// say.hpp.
int run_cli(std::vector<std::string> words, Context context, const AddVerbs& more = {});

}  // namespace mayfly::cli
