#include "door/http.hpp"

#include "base/text.hpp"

#include <algorithm>

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
    out.reserve(static_cast<std::size_t>(std::ranges::count(query, '&')) + 1);
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto part = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (part.empty()) continue;
        const auto equals = std::min(part.find('='), part.size());
        out.emplace_back(percent_decode(part.substr(0, equals), true),
                         percent_decode(part.substr(std::min(equals + 1, part.size())), true));
    }
    return out;
}

}  // namespace mayfly::door
