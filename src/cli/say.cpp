#include "cli/say.hpp"

#include <fmt/format.h>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace mayfly::cli {
namespace {

// Characters as a terminal counts them: bytes of UTF-8 that begin one.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

int exit_code(Kind kind) {
    switch (kind) {
        case Kind::invalid: return 2;
        case Kind::not_found: return 3;
        case Kind::denied: return 4;
        case Kind::conflict: return 5;
        case Kind::busy: return 6;
        case Kind::failed: return 7;
        case Kind::timed_out: return 8;
        case Kind::unavailable: return 9;
        case Kind::internal: return 1;
    }
    std::abort();
}

std::string_view kind_name(Kind kind) {
    switch (kind) {
        case Kind::invalid: return "Invalid";
        case Kind::not_found: return "NotFound";
        case Kind::denied: return "NotAllowed";
        case Kind::conflict: return "Conflict";
        case Kind::busy: return "OverLimit";
        case Kind::failed: return "FunctionError";
        case Kind::timed_out: return "TimedOut";
        case Kind::unavailable: return "Unreachable";
        case Kind::internal: return "Failure";
    }
    std::abort();
}

void say_error(Context& context, const Error& error) {
    const std::string code = error.code.empty() ? std::string(kind_name(error.kind)) : error.code;
    auto& err = context.io.err;
    if (context.json()) {
        const boost::json::value shape = {
            {"error", {{"code", code}, {"kind", kind_name(error.kind)}, {"message", error.what}}}};
        err << boost::json::serialize(shape) << '\n';
        return;
    }
    const bool color = context.color(context.io.err_is_terminal);
    err << (color ? "\033[1;31merror\033[0m " : "error ") << code << ": " << error.what << '\n';
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            line += row[i] + std::string(widths[i] - width(row[i]) + 2, ' ');
        }
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
}

std::string human_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    double size = static_cast<double>(bytes);
    std::size_t unit = 0;
    constexpr std::string_view units[] = {"B", "KB", "MB", "GB", "TB"};
    while (size >= 1024 && unit + 1 < std::size(units)) size /= 1024, ++unit;
    return fmt::format("{:.1f} {}", size, units[unit]);
}

std::string shell_quoted(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace mayfly::cli
