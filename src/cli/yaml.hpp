// Private to cli/: YAML as mayfly.yaml uses it, with the line of whatever is wrong.
#pragma once

#include <yaml-cpp/yaml.h>
#include <boost/json/value.hpp>

#include <string>
#include <vector>

namespace mayfly::cli {

// A wrong file, while it is read; yaml-cpp throws too. Both end in load_project.
struct Wrong {
    int line;  // from 1; 0 if none
    std::string what;
};

inline int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

// Throws Wrong for a key that is not `known`, with the nearest that is.
void allow_keys(const YAML::Node& map, const std::vector<std::string>& known,
                const std::string& where);

template <class T>
void read(const YAML::Node& map, const char* key, T& into) {
    const auto node = map[key];
    if (!node || node.IsNull()) return;
    try {
        into = node.template as<T>();
    } catch (const YAML::Exception&) {
        throw Wrong{line_of(node), std::string("'") + key + "' has a value of the wrong kind"};
    }
}

// Quoted scalars are texts; the others are what they look like. At most 32 levels deep.
boost::json::value as_json(const YAML::Node& node, int depth = 0);

}  // namespace mayfly::cli
