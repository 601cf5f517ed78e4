#include "cli/ignore.hpp"

#include "base/text.hpp"

#include <fnmatch.h>

namespace mayfly::cli {
namespace {

// Name by name; `**` takes any number of them.
bool fits(const std::vector<std::string_view>& pattern, std::size_t p,
          const std::vector<std::string_view>& path, std::size_t n) {
    if (p == pattern.size()) return n == path.size();
    if (pattern[p] == "**") {
        if (p + 1 == pattern.size()) return n < path.size();
        for (; n <= path.size(); ++n) {
            if (fits(pattern, p + 1, path, n)) return true;
        }
        return false;
    }
    if (n == path.size()) return false;
    const std::string wanted(pattern[p]), name(path[n]);
    return fnmatch(wanted.c_str(), name.c_str(), 0) == 0 && fits(pattern, p + 1, path, n + 1);
}

}  // namespace

void Ignore::add(std::string_view lines) {
    for (auto line : split(lines, '\n')) {
        line = trim(line);
        if (line.empty() || line.starts_with('#')) continue;
        Rule rule;
        if (line.starts_with('!')) rule.negated = true, line.remove_prefix(1);
        if (line.ends_with('/')) rule.folders_only = true, line.remove_suffix(1);
        rule.anchored = line.find('/') != line.npos;
        if (line.starts_with('/')) line.remove_prefix(1);
        rule.pattern = line;
        if (!rule.pattern.empty()) rules_.push_back(std::move(rule));
    }
}

bool Ignore::ignores(std::string_view path, bool is_folder) const {
    const auto names = split(path, '/');
    for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
        if (rule->folders_only && !is_folder) continue;
        const bool hit = rule->anchored ? fits(split(rule->pattern, '/'), 0, names, 0)
                                        : fits({rule->pattern}, 0, {names.back()}, 0);
        if (hit) return !rule->negated;
    }
    return false;
}

}  // namespace mayfly::cli
