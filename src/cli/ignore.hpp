// Which files a package leaves out: rules in the form of .gitignore. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::cli {

// A line is a pattern: `*` and `?` stay within a name, `**` crosses folders, `[a-z]` is a set; one
// with a slash before its end is relative to the root, any other fits at every depth; a slash at
// the end means folders only; `!` takes files back in; `#` begins a comment. The last rule that
// fits decides.
class Ignore {
public:
    void add(std::string_view lines);

    // `path` is relative to the root, with '/' and no slash at its ends. What lies in an ignored
    // folder is not asked about: the caller does not enter it.
    bool ignores(std::string_view path, bool is_folder) const;

private:
    struct Rule {
        std::string pattern;
        bool negated = false;
        bool folders_only = false;
        bool anchored = false;
    };
    std::vector<Rule> rules_;
};

}  // namespace mayfly::cli
