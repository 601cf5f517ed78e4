// Services, and what belongs to the account.
#include "door/fc2016_asked.hpp"
#include "door/fc_json.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

Fc2016::Answer Fc2016::create_service(const Asked& asked) {
    CO_TRY(auto input, read_service(asked.request.body));
    CO_TRY(const auto made,
           co_await catalog_.create_service(asked.account, input.name, std::move(input.change)));
    co_return json_response(to_json(made), made.etag);
}

Fc2016::Answer Fc2016::get_service(const Asked& asked) {
    CO_TRY(const auto service, catalog_.service(asked.account, asked.service));
    co_return json_response(to_json(service), service.etag);
}

Fc2016::Answer Fc2016::list_services(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    const auto page = catalog_.services(asked.account, query);
    json::array all;
    for (const auto& service : page.items) all.push_back(to_json(service));
    json::object body{{"services", std::move(all)}, {"nextToken", nullptr}};
    if (!page.next_token.empty()) body["nextToken"] = page.next_token;
    co_return json_response(body);
}

Fc2016::Answer Fc2016::update_service(const Asked& asked) {
    CO_TRY(auto input, read_service(asked.request.body));
    CO_TRY(const auto next,
           co_await catalog_.update_service(asked.account, asked.service, std::move(input.change),
                                            std::string(asked.request.headers.get("If-Match"))));
    co_return json_response(to_json(next), next.etag);
}

Fc2016::Answer Fc2016::delete_service(const Asked& asked) {
    CO_TRYV(co_await catalog_.delete_service(asked.account, asked.service,
                                             std::string(asked.request.headers.get("If-Match"))));
    co_return no_content();
}

Fc2016::Answer Fc2016::no_versions(const Asked& asked) {
    CO_TRYV(catalog_.service(asked.account, asked.service));
    co_return json_response(
        {{"versions", json::array()}, {"nextToken", nullptr}, {"direction", "BACKWARD"}});
}

Fc2016::Answer Fc2016::no_version(const Asked& asked) {
    CO_TRYV(catalog_.service(asked.account, asked.service));
    co_return fail(
        Kind::not_found,
        fmt::format("version '{}' of service '{}' does not exist", asked.item, asked.service),
        "VersionNotFound");
}

Fc2016::Answer Fc2016::no_aliases(const Asked& asked) {
    CO_TRYV(catalog_.service(asked.account, asked.service));
    co_return json_response({{"aliases", json::array()}, {"nextToken", nullptr}});
}

Fc2016::Answer Fc2016::no_alias(const Asked& asked) {
    CO_TRYV(catalog_.service(asked.account, asked.service));
    co_return fail(
        Kind::not_found,
        fmt::format("alias '{}' of service '{}' does not exist", asked.item, asked.service),
        "AliasNotFound");
}

Fc2016::Answer Fc2016::account_settings(const Asked&) {
    co_return json_response({{"availableAZs", {options_.region}}, {"defaultRole", ""}});
}

// Strings, as FC gives them; what is asked for and unknown is left out.
Fc2016::Answer Fc2016::account_configs(const Asked& asked) {
    json::object known;
    const auto code_bytes_max = std::to_string(catalog::PackageLimits{}.zip_bytes_max);
    for (const auto& [name, value] : query_parameters(asked.request.query))
        if (name == "config" && value == "CodeSizeLimit") known[value] = code_bytes_max;
    co_return json_response(known);
}

}  // namespace mayfly::door
