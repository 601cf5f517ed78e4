#include "model/fields.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly {

namespace json = boost::json;

const json::value* Fields::find(std::string_view name) const {
    for (const auto& [key, value] : *object_)
        if (iequals(key, name)) return value.is_null() ? nullptr : &value;
    return nullptr;
}

Failure Fields::wrong(std::string_view name, std::string_view expected) const {
    return fail(Kind::invalid, fmt::format("{}{} must be {}", path_, name, expected),
                "InvalidArgument");
}

Result<std::optional<std::string>> Fields::text(std::string_view name) const {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_string()) return wrong(name, "a string");
    return std::string(value->get_string());
}

Result<std::optional<std::int64_t>> Fields::integer(std::string_view name) const {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    boost::system::error_code error;
    const auto number = value->is_number() ? value->to_number<std::int64_t>(error) : 0;
    if (!value->is_number() || error) return wrong(name, "a whole number");
    return number;
}

Result<std::optional<bool>> Fields::boolean(std::string_view name) const {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_bool()) return wrong(name, "true or false");
    return value->get_bool();
}

Result<std::optional<Fields>> Fields::object(std::string_view name) const {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_object()) return wrong(name, "an object");
    return Fields(value->get_object(), fmt::format("{}{}.", path_, name));
}

Result<std::optional<std::map<std::string, std::string>>> Fields::texts(
    std::string_view name) const {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_object()) return wrong(name, "an object of strings");
    std::map<std::string, std::string> all;
    for (const auto& [key, item] : value->get_object()) {
        if (!item.is_string())
            return wrong(fmt::format("{}.{}", name, std::string_view(key)), "a string");
        all.emplace(key, std::string(item.get_string()));
    }
    return all;
}

Result<std::optional<std::vector<std::string>>> Fields::list(std::string_view name) const {
    const auto* value = find(name);
    if (!value) return std::nullopt;
    if (!value->is_array()) return wrong(name, "a list of strings");
    std::vector<std::string> all;
    for (const auto& item : value->get_array()) {
        if (!item.is_string()) return wrong(name, "a list of strings");
        all.emplace_back(item.get_string());
    }
    return all;
}

std::string Fields::as_json() const { return json::serialize(*object_); }

bool Fields::is_blank(std::string_view name) const {
    const auto* value = find(name);
    if (!value) return true;
    if (value->is_string()) return value->get_string().empty();
    if (value->is_array()) return value->get_array().empty();
    return value->is_object() && value->get_object().empty();
}

}  // namespace mayfly
