// What a verb of the command line works with. Nothing here reads the machine: main hands it in.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>

namespace mayfly::cli {

// Where data (out) and words (err) go, and whether a person looks at them.
struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    bool out_is_terminal = false;
    bool err_is_terminal = false;
};

using Env = std::map<std::string, std::string, std::less<>>;

// One run of the command line: what is around it, and the options every verb shares.
struct Context {
    Streams io;
    Env env;
    const Clock& clock;

    std::string endpoint{};       // --endpoint
    std::string data{};           // --data
    std::string output = "text";  // -o: text or json

    bool json() const { return output == "json"; }
    bool color(bool terminal) const {
        return terminal && get("NO_COLOR").empty() && get("TERM") != "dumb";
    }
    std::string get(std::string_view name) const {  // "" if it is not set
        const auto it = env.find(name);
        return it == env.end() ? "" : it->second;
    }
};

// What the parsed command line asks for; returns the exit code.
using Action = std::function<Result<int>()>;

}  // namespace mayfly::cli
