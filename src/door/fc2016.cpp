#include "door/fc2016.hpp"

#include "base/text.hpp"
#include "door/fc2016_asked.hpp"
#include "door/fc_errors.hpp"
#include "door/fc_path.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

// Calls come first: they are the ones that must be fast.
const Fc2016::Path Fc2016::paths[] = {
    {"POST", "services/{service}/functions/{function}/invocations", &Fc2016::invoke},

    {"POST", "services", &Fc2016::create_service},
    {"GET", "services", &Fc2016::list_services},
    {"GET", "services/{service}", &Fc2016::get_service},
    {"PUT", "services/{service}", &Fc2016::update_service},
    {"DELETE", "services/{service}", &Fc2016::delete_service},

    {"POST", "services/{service}/functions", &Fc2016::create_function},
    {"GET", "services/{service}/functions", &Fc2016::list_functions},
    {"GET", "services/{service}/functions/{function}", &Fc2016::get_function},
    {"PUT", "services/{service}/functions/{function}", &Fc2016::update_function},
    {"DELETE", "services/{service}/functions/{function}", &Fc2016::delete_function},
    {"GET", "services/{service}/functions/{function}/code", &Fc2016::get_code},

    {"POST", "services/{service}/functions/{function}/triggers", &Fc2016::create_trigger},
    {"GET", "services/{service}/functions/{function}/triggers", &Fc2016::list_triggers},
    {"GET", "services/{service}/functions/{function}/triggers/{item}", &Fc2016::get_trigger},
    {"PUT", "services/{service}/functions/{function}/triggers/{item}", &Fc2016::update_trigger},
    {"DELETE", "services/{service}/functions/{function}/triggers/{item}", &Fc2016::delete_trigger},
    {"GET", "services/{service}/functions/{function}/async-invoke-config",
     &Fc2016::get_async_config},
    {"PUT", "services/{service}/functions/{function}/async-invoke-config",
     &Fc2016::put_async_config},
    {"DELETE", "services/{service}/functions/{function}/async-invoke-config",
     &Fc2016::delete_async_config},
    {"GET", "services/{service}/functions/{function}/async-invoke-configs",
     &Fc2016::list_async_configs},
    {"GET", "services/{service}/functions/{function}/stateful-async-invocations",
     &Fc2016::list_tasks},
    {"GET", "services/{service}/functions/{function}/stateful-async-invocations/{item}",
     &Fc2016::get_task},
    {"PUT", "services/{service}/functions/{function}/stateful-async-invocations/{item}",
     &Fc2016::stop_task},
    {"GET", "stateful-async-invocation-functions", &Fc2016::list_task_functions},
    {"GET", "services/{service}/functions/{function}/on-demand-config", &Fc2016::get_on_demand},
    {"PUT", "services/{service}/functions/{function}/on-demand-config", &Fc2016::put_on_demand},
    {"DELETE", "services/{service}/functions/{function}/on-demand-config",
     &Fc2016::delete_on_demand},
    {"GET", "services/{service}/functions/{function}/provision-config", &Fc2016::get_provision},
    {"PUT", "services/{service}/functions/{function}/provision-config", &Fc2016::put_provision},
    {"GET", "on-demand-configs", &Fc2016::list_on_demand},
    {"GET", "provision-configs", &Fc2016::list_provisions},
    {"GET", "services/{service}/versions", &Fc2016::no_versions},
    {"DELETE", "services/{service}/versions/{item}", &Fc2016::no_version},
    {"GET", "services/{service}/aliases", &Fc2016::no_aliases},
    {"GET", "services/{service}/aliases/{item}", &Fc2016::no_alias},
    {"PUT", "services/{service}/aliases/{item}", &Fc2016::no_alias},
    {"DELETE", "services/{service}/aliases/{item}", &Fc2016::no_alias},

    {"GET", "layers", &Fc2016::list_layers},
    {"GET", "layers/{layer}/versions", &Fc2016::list_layer_versions},
    {"POST", "layers/{layer}/versions", &Fc2016::publish_layer},
    {"GET", "layers/{layer}/versions/{item}", &Fc2016::get_layer_version},
    {"DELETE", "layers/{layer}/versions/{item}", &Fc2016::delete_layer_version},
    {"GET", "layers/{layer}/versions/{item}/code", &Fc2016::get_layer_code},
    {"PUT", "layers/{layer}/acl", &Fc2016::put_layer_acl},
    {"GET", "layerarn/{item}", &Fc2016::get_layer_by_arn},

    {"GET", "account-settings", &Fc2016::account_settings},
    {"GET", "accountConfigs", &Fc2016::account_configs},
};

Fc2016::Fc2016(Options options, catalog::Catalog& catalog, engine::Invoker& invoker, Async async,
               const auth::KeyRing& keys, io::BlockingPool& pool, const Clock& clock, Rng& rng,
               const Log& log)
    : options_(std::move(options)),
      catalog_(catalog),
      invoker_(invoker),
      async_(async),
      keys_(keys),
      pool_(pool),
      clock_(clock),
      rng_(rng),
      log_(log) {}

const Fc2016::Path* Fc2016::match(const Request& request, Asked& asked) {
    auto whole = request.path.substr(prefix.size());
    if (whole.ends_with('/')) whole.remove_suffix(1);
    for (const auto& path : paths) {
        if (path.method != request.method) continue;
        auto pattern = path.pattern;
        auto rest = whole;
        std::string_view wanted, part;
        bool fits = true;
        while (fits && next_part(pattern, wanted)) {
            fits = next_part(rest, part) && !part.empty();
            if (!fits) break;
            if (wanted == "{service}") asked.service = percent_decode(part);
            else if (wanted == "{function}") asked.function = percent_decode(part);
            else if (wanted == "{layer}") asked.layer = percent_decode(part);
            else if (wanted == "{item}") asked.item = percent_decode(part);
            else fits = wanted == part;
        }
        if (!fits || !rest.empty()) continue;
        split_qualifier(asked.service, asked.qualifier);
        return &path;
    }
    return nullptr;
}

Task<Response> Fc2016::answer(Request& request, const AccountId& account) {
    Asked asked{request, account, new_request_id(clock_, rng_), {}, {}, {}, {}, {}};
    co_return answered(request, asked.id, co_await dispatch(asked));
}

Response Fc2016::answered(const Request& request, const std::string& id,
                          Result<Response> result) const {
    if (result) {
        result->headers.add(request_id_header, id);
        return *std::move(result);
    }
    if (result.error().kind == Kind::internal)
        log_.error("request {}: {} {}: {}", id, request.method, request.path, result.error().what);
    return fc_error(result.error(), id);
}

Response Fc2016::refuse(const Error& error) {
    return fc_error(error, new_request_id(clock_, rng_));
}

Fc2016::Answer Fc2016::dispatch(Asked& asked) {
    const auto& request = asked.request;
    const auto* path = request.path.starts_with(prefix) ? match(request, asked) : nullptr;
    if (!path)
        co_return fail(
            Kind::invalid,
            fmt::format("'{}' against '{}' is not supported", request.method, request.path),
            "PathNotSupported");
    if (request.body_too_large)
        co_return fail(Kind::invalid, "the request body is larger than this server takes",
                       "EntityTooLarge");
    if (!asked.qualifier.empty() && path->answer != &Fc2016::invoke) {
        CO_TRYV(catalog_.service(asked.account, asked.service));
        CO_TRYV(catalog::check_qualifier(asked.service, asked.qualifier));
    }
    co_return co_await (this->*path->answer)(asked);
}

Response json_response(const boost::json::object& body, const std::string& etag) {
    Response response;
    response.headers.add("Content-Type", "application/json");
    if (!etag.empty()) response.headers.add("ETag", etag);
    response.body = boost::json::serialize(body);
    return response;
}

Response no_content() {
    Response response;
    response.status = 204;
    return response;
}

Result<catalog::ListQuery> list_query(const Request& request) {
    catalog::ListQuery query;
    for (auto& [name, value] : query_parameters(request.query)) {
        if (name == "prefix") query.prefix = value;
        if (name == "startKey") query.start_key = value;
        if (name == "nextToken") query.next_token = value;
        if (name != "limit" || value.empty()) continue;
        const auto limit = parse_int(value);
        if (!limit || *limit < 1)
            return fail(Kind::invalid,
                        fmt::format("limit '{}' must be a number from 1 to 100", value),
                        "InvalidArgument");
        query.limit = static_cast<std::size_t>(std::min<std::int64_t>(*limit, 100));
    }
    return query;
}

}  // namespace mayfly::door
