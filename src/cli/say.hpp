// How the command line speaks: tables, sizes, errors, exit codes.
#pragma once

#include "cli/context.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::cli {

// A script may rely on them: 1 failure, 2 usage, 3 not found, 4 not allowed, 5 conflict, 6 over a
// limit, 7 the function failed, 8 timed out, 9 server unreachable.
int exit_code(Kind kind);

// The same word for a kind in text and JSON: "NotFound", ...
std::string_view kind_name(Kind kind);

// On stderr, as text ("error CODE: sentence") or JSON ({"error":{"code","kind","message"}}).
void say_error(Context& context, const Error& error);

// Columns wide enough for their content, two spaces apart; the first row is the heading.
std::string table(const std::vector<std::vector<std::string>>& rows);

std::string human_bytes(std::uint64_t bytes);  // "1.1 KB": binary, as sizes are everywhere here

// `text` as one word of a POSIX shell.
std::string shell_quoted(std::string_view text);

}  // namespace mayfly::cli
