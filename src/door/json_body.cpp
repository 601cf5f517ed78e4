#include "door/json_body.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

Result<boost::json::value> parse_body(std::string_view body) {
    const auto refuse = [](std::string what) {
        return fail(Kind::invalid, std::move(what), "InvalidArgument");
    };
    boost::system::error_code error;
    auto value = boost::json::parse(body.empty() ? "{}" : body, error);
    if (error) return refuse(fmt::format("the request body is not JSON: {}", error.message()));
    if (!value.is_object()) return refuse("the request body must be a JSON object");
    return value;
}

}  // namespace mayfly::door
