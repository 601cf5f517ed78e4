// Layers and their versions.
#include "auth/fc_signature.hpp"
#include "base/text.hpp"
#include "catalog/layer_arn.hpp"
#include "door/fc2016_asked.hpp"
#include "door/fc_json.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <limits>

namespace mayfly::door {

namespace json = boost::json;

namespace {

// The version a path names. not_found: it is no number, so there is none of that name.
Result<LayerName> named(const AccountId& account, const std::string& layer,
                        const std::string& version) {
    const auto n = parse_int(version).value_or(0);
    if (n < 1 || n > std::numeric_limits<int>::max())
        return fail(Kind::not_found,
                    fmt::format("version '{}' of layer '{}' does not exist", version, layer),
                    "LayerVersionNotFound");
    return LayerName{account, layer, static_cast<int>(n)};
}

std::string query_value(const Request& request, std::string_view wanted) {
    for (auto& [name, value] : query_parameters(request.query))
        if (name == wanted) return value;
    return {};
}

Result<int> start_version(const Request& request) {
    const auto text = query_value(request, "startVersion");
    if (text.empty()) return 1;
    const auto n = parse_int(text);
    if (n && *n >= 0 && *n <= std::numeric_limits<int>::max()) return static_cast<int>(*n);
    return fail(Kind::invalid, fmt::format("startVersion '{}' must be a number from 1", text),
                "InvalidArgument");
}

std::string version_path(const LayerName& name) {
    return fmt::format("{}layers/{}/versions/{}", Fc2016::prefix, name.name, name.version);
}

}  // namespace

// The zip can be fetched by the account that published it.
Result<Response> Fc2016::layer_response(const Asked& asked, const LayerVersion& layer) {
    std::string url;
    if (layer.name.account == asked.account) {
        TRY(url, signed_url(asked, version_path(layer.name) + "/code", layer.code));
    }
    return json_response(
        to_json(layer, catalog_.layers().is_public(layer.name), options_.region, url));
}

Fc2016::Answer Fc2016::publish_layer(const Asked& asked) {
    CO_TRY(auto made, co_await read_package_body(pool_, asked.request, read_layer));
    CO_TRY(const auto layer,
           co_await catalog_.layers().publish(asked.account, asked.layer, std::move(made)));
    co_return layer_response(asked, layer);
}

Fc2016::Answer Fc2016::get_layer_version(const Asked& asked) {
    CO_TRY(const auto name, named(asked.account, asked.layer, asked.item));
    CO_TRY(const auto layer, catalog_.layers().version(asked.account, name));
    co_return layer_response(asked, layer);
}

Fc2016::Answer Fc2016::get_layer_by_arn(const Asked& asked) {
    CO_TRY(const auto name, catalog::parse_layer_arn(asked.item, asked.account));
    CO_TRY(const auto layer, catalog_.layers().version(asked.account, name));
    co_return layer_response(asked, layer);
}

// As the signed URL that layer_response() hands out, and as any other request.
Fc2016::Answer Fc2016::get_layer_code(const Asked& asked) {
    CO_TRY(const auto name, named(asked.account, asked.layer, asked.item));
    CO_TRY(const auto layer, catalog_.layers().version(asked.account, name));
    co_return co_await zip_of(layer.code);
}

Fc2016::Answer Fc2016::delete_layer_version(const Asked& asked) {
    CO_TRY(const auto name, named(asked.account, asked.layer, asked.item));
    CO_TRYV(co_await catalog_.layers().remove(name));
    co_return no_content();
}

// There are no official layers here: of those the list is empty.
Fc2016::Answer Fc2016::list_layers(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    const auto& layers = catalog_.layers();
    catalog::Page<LayerVersion> page;
    if (query_value(asked.request, "public") == "true") page = layers.newest_public(query);
    else if (query_value(asked.request, "official") != "true")
        page = layers.newest(asked.account, query);
    json::array all;
    for (const auto& layer : page.items)
        all.push_back(to_json(layer, layers.is_public(layer.name), options_.region, ""));
    json::object body{{"layers", std::move(all)}, {"nextToken", nullptr}};
    if (!page.next_token.empty()) body["nextToken"] = page.next_token;
    co_return json_response(body);
}

Fc2016::Answer Fc2016::list_layer_versions(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    CO_TRY(const int from, start_version(asked.request));
    const auto& layers = catalog_.layers();
    CO_TRY(const auto page, layers.versions(asked.account, asked.layer, from, query.limit));
    json::array all;
    for (const auto& layer : page.items)
        all.push_back(to_json(layer, layers.is_public(layer.name), options_.region, ""));
    json::object body{{"layers", std::move(all)}, {"nextVersion", nullptr}};
    if (page.next_version) body["nextVersion"] = page.next_version;
    co_return json_response(body);
}

Fc2016::Answer Fc2016::put_layer_acl(const Asked& asked) {
    const auto value = query_value(asked.request, "public");
    if (value != "true" && value != "false")
        co_return fail(Kind::invalid,
                       fmt::format("public is '{}'; it must be true or false", value),
                       "InvalidArgument");
    CO_TRYV(co_await catalog_.layers().set_public(asked.account, asked.layer, value == "true"));
    co_return json_response({});
}

}  // namespace mayfly::door
