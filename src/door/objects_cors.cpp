#include "door/objects_cors.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mayfly::door {

namespace {

// '*' stands for any text, once.
bool fits(std::string_view pattern, std::string_view text) {
    const auto star = pattern.find('*');
    if (star == pattern.npos) return iequals(pattern, text);
    const auto before = pattern.substr(0, star), after = pattern.substr(star + 1);
    return text.size() >= before.size() + after.size() &&
           iequals(text.substr(0, before.size()), before) &&
           iequals(text.substr(text.size() - after.size()), after);
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view text) {
    return std::ranges::any_of(patterns, [&](const auto& one) { return fits(one, text); });
}

}  // namespace

const CorsRule* cors_rule(const std::vector<CorsRule>& rules, std::string_view origin,
                          std::string_view method, std::string_view headers) {
    const auto lets = [&](const CorsRule& rule) {
        return any_fits(rule.origins, origin) && any_fits(rule.methods, method) &&
               std::ranges::all_of(split(headers, ','), [&](std::string_view one) {
                   return trim(one).empty() || any_fits(rule.headers, trim(one));
               });
    };
    const auto at = std::ranges::find_if(rules, lets);
    return at == rules.end() ? nullptr : &*at;
}

void add_cors_headers(Response& response, const CorsRule& rule, std::string_view origin,
                      std::string_view headers) {
    auto& out = response.headers;
    const bool everyone = std::ranges::find(rule.origins, "*") != rule.origins.end();
    out.add("Access-Control-Allow-Origin", everyone ? "*" : std::string(origin));
    out.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    out.add("Access-Control-Allow-Methods", fmt::format("{}", fmt::join(rule.methods, ", ")));
    if (!headers.empty()) out.add("Access-Control-Allow-Headers", std::string(headers));
    if (!rule.exposed.empty())
        out.add("Access-Control-Expose-Headers", fmt::format("{}", fmt::join(rule.exposed, ", ")));
    if (rule.max_age_s) out.add("Access-Control-Max-Age", std::to_string(*rule.max_age_s));
}

}  // namespace mayfly::door
