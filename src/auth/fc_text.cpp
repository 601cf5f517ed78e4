#include "auth/fc_text.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace mayfly::auth {

namespace {

constexpr std::string_view prefix = "x-fc-";

bool is_fc_header(std::string_view name) {
    return name.size() > prefix.size() && iequals(name.substr(0, prefix.size()), prefix);
}

std::pair<std::string_view, std::string_view> parameter(std::string_view part) {
    const auto equals = part.find('=');
    if (equals == part.npos) return {part, {}};
    return {part.substr(0, equals), part.substr(equals + 1)};
}

}  // namespace

FcText FcText::of(const SignedRequest& request) {
    FcText text{.method = request.method, .md5 = {}, .type = {}, .date = {}, .headers = {}};
    std::string_view fc_date;
    std::vector<std::pair<std::string, std::string_view>> own;
    for (const auto& [name, value] : request.headers) {
        if (is_fc_header(name)) {
            own.emplace_back(lower(name), value);
            if (own.back().first == "x-fc-date") fc_date = value;
        } else if (iequals(name, "content-md5")) {
            text.md5 = value;
        } else if (iequals(name, "content-type")) {
            text.type = value;
        } else if (iequals(name, "date")) {
            text.date = value;
        }
    }
    if (!fc_date.empty()) text.date = fc_date;
    std::ranges::sort(own, {}, &std::pair<std::string, std::string_view>::first);
    for (const auto& [name, value] : own) (((text.headers += name) += ':') += value) += '\n';
    return text;
}

std::string FcText::with(std::string_view resource) const {
    std::string all;
    all.reserve(method.size() + md5.size() + type.size() + date.size() + headers.size() +
                resource.size() + 4);
    for (const auto line : {method, md5, type, date}) (all += line) += '\n';
    return (all += headers) += resource;
}

std::string_view header(const SignedRequest& request, std::string_view lower_name) {
    for (const auto& [name, value] : request.headers)
        if (iequals(name, lower_name)) return value;
    return {};
}

bool is_trigger_path(std::string_view path) {
    const auto second = path.find('/', 1);
    return second != path.npos && path.substr(second).starts_with("/proxy/");
}

std::string query_lines(std::string_view query, std::string_view except) {
    std::vector<std::string> lines;
    for (const auto part : split(query, '&')) {
        if (part.empty()) continue;
        const auto [name, value] = parameter(part);
        auto line = percent_decode(name, true);
        if (!except.empty() && line == except) continue;
        if (!value.empty()) (line += '=') += percent_decode(value, true);
        lines.push_back(std::move(line));
    }
    std::ranges::sort(lines);
    std::string joined;
    for (const auto& line : lines) {
        if (!joined.empty()) joined += '\n';
        joined += line;
    }
    return joined;
}

std::string query_value(std::string_view query, std::string_view wanted) {
    for (const auto part : split(query, '&')) {
        const auto [name, value] = parameter(part);
        if (percent_decode(name, true) == wanted) return percent_decode(value, true);
    }
    return {};
}

}  // namespace mayfly::auth
