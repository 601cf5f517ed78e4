#include "catalog/http_trigger.hpp"

#include "model/fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <boost/json.hpp>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr auto& known = HttpAccess::known_methods;

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

std::vector<std::string_view> names(const HttpAccess& access) {
    std::vector<std::string_view> all;
    for (const auto method : known)
        if (access.allows(method)) all.push_back(method);
    return all;
}

Result<std::uint8_t> read_methods(const Fields& fields) {
    TRY(const auto methods, fields.list("methods"));
    if (!methods || methods->empty())
        return refuse(fmt::format("triggerConfig.methods must name at least one of {}",
                                  fmt::join(known, ", ")));
    std::uint8_t bits = 0;
    for (const auto& method : *methods) {
        const auto at = std::ranges::find(known, method);
        if (at == known.end())
            return refuse(fmt::format("triggerConfig.methods has '{}'; there are {}", method,
                                      fmt::join(known, ", ")));
        bits |= static_cast<std::uint8_t>(1u << (at - known.begin()));
    }
    return bits;
}

}  // namespace

Result<HttpAccess> read_http_config(std::string_view config) {
    boost::system::error_code error;
    const auto root = json::parse(config, error);
    if (error || !root.is_object()) return refuse("triggerConfig must be an object");
    const Fields fields(root.get_object(), "triggerConfig.");
    TRY(const auto type, fields.text("authType"));
    if (type != "anonymous" && type != "function")
        return refuse(fmt::format(
            "triggerConfig.authType is '{}'; it must be 'anonymous', for everyone, or 'function', "
            "for requests that are signed",
            type.value_or("")));
    TRY(const auto methods, read_methods(fields));
    return HttpAccess{.anonymous = type == "anonymous", .methods = methods};
}

std::string http_config(const HttpAccess& access) {
    json::array methods;
    for (const auto method : names(access)) methods.emplace_back(method);
    return json::serialize(json::object{{"authType", access.anonymous ? "anonymous" : "function"},
                                        {"methods", std::move(methods)}});
}

std::string methods_text(const HttpAccess& access) {
    return fmt::format("{}", fmt::join(names(access), ", "));
}

}  // namespace mayfly::catalog
