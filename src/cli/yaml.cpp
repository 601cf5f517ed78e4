#include "cli/yaml.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mayfly::cli {

namespace json = boost::json;

namespace {

constexpr int kDepthMax = 32;

json::value scalar(const YAML::Node& node) {
    const auto& text = node.Scalar();
    if (node.Tag() == "!") return json::value(text);
    if (const auto whole = parse_int(text)) return *whole;
    try {
        if (text == "true" || text == "false") return node.as<bool>();
        return node.as<double>();
    } catch (const YAML::Exception&) {
        return json::value(text);
    }
}

}  // namespace

void allow_keys(const YAML::Node& map, const std::vector<std::string>& known,
                const std::string& where) {
    if (!map.IsMap()) throw Wrong{line_of(map), where + " must be a map of keys and values"};
    for (const auto& entry : map) {
        const auto key = entry.first.as<std::string>();
        if (std::ranges::find(known, key) != known.end()) continue;
        const auto near = nearest(key, known);
        throw Wrong{line_of(entry.first), "unknown key '" + key + "' in " + where +
                                              (near ? "; did you mean '" + *near + "'?" : "")};
    }
}

json::value as_json(const YAML::Node& node, int depth) {
    if (depth > kDepthMax) throw Wrong{line_of(node), "it is nested too deep"};
    if (node.IsSequence()) {
        json::array all;
        for (const auto& item : node) all.push_back(as_json(item, depth + 1));
        return all;
    }
    if (node.IsMap()) {
        json::object all;
        for (const auto& entry : node)
            all[entry.first.as<std::string>()] = as_json(entry.second, depth + 1);
        return all;
    }
    return node.IsScalar() ? scalar(node) : json::value(nullptr);
}

}  // namespace mayfly::cli
