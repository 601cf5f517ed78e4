#include "door/http.hpp"

#include "base/text.hpp"

namespace mayfly::door {

std::string_view Headers::get(std::string_view name) const {
    for (const auto& [field, value] : fields_)
        if (iequals(field, name)) return value;
    return {};
}

bool Headers::has(std::string_view name) const {
    for (const auto& [field, value] : fields_)
        if (iequals(field, name)) return true;
    return false;
}

std::vector<std::pair<std::string, std::string>> query_parameters(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> out;
    if (query.empty()) return out;
    for (const auto part : split(query, '&')) {
        if (part.empty()) continue;
        const auto equals = part.find('=');
        out.emplace_back(percent_decode(part.substr(0, equals), true),
                         equals == part.npos ? "" : percent_decode(part.substr(equals + 1), true));
    }
    return out;
}

}  // namespace mayfly::door
