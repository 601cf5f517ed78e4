// How many workers a function may have, and how many are kept: on-demand and provision
// configurations.
#include "base/text.hpp"
#include "door/fc2016_asked.hpp"
#include "door/scaling_json.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

namespace {

catalog::ScalingKey key_of(const AccountId& account, const std::string& service,
                           const std::string& qualifier, const std::string& function) {
    return catalog::scaling_key({account, service, qualifier, function});
}

// A page of what `show` makes of each scaling, null for none.
json::object listed(const catalog::Scalings& scalings, const AccountId& account,
                    const catalog::ListQuery& query, std::string_view field, auto show) {
    json::array all;
    json::object body{{"nextToken", nullptr}};
    const auto& from = query.next_token.empty() ? query.start_key : query.next_token;
    for (const auto& [key, scaling] : scalings.all()) {
        if (key.account != account) continue;
        auto name = scaling_resource(key);
        if (name < from || !name.starts_with(query.prefix)) continue;
        auto shown = show(key, scaling);
        if (shown.empty()) continue;
        if (all.size() == query.limit) {
            body["nextToken"] = std::move(name);
            break;
        }
        all.push_back(std::move(shown));
    }
    body[field] = std::move(all);
    return body;
}

}  // namespace

Fc2016::Answer Fc2016::get_on_demand(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    const auto key = key_of(asked.account, asked.service, asked.qualifier, asked.function);
    const auto* scaling = catalog_.scalings().find(key);
    if (!scaling || !scaling->on_demand)
        co_return fail(Kind::not_found,
                       fmt::format("function '{}' has no on-demand configuration", asked.function),
                       "OnDemandConfigNotFound");
    co_return json_response(to_json(key, *scaling->on_demand), scaling->on_demand->etag);
}

Fc2016::Answer Fc2016::put_on_demand(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    CO_TRY(const int instances_max, read_on_demand(asked.request.body));
    const auto key = key_of(asked.account, asked.service, asked.qualifier, asked.function);
    CO_TRY(const auto made,
           co_await catalog_.scalings().put_on_demand(
               key, instances_max, std::string(asked.request.headers.get("If-Match"))));
    co_return json_response(to_json(key, made), made.etag);
}

Fc2016::Answer Fc2016::delete_on_demand(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    CO_TRYV(co_await catalog_.scalings().delete_on_demand(
        key_of(asked.account, asked.service, asked.qualifier, asked.function),
        std::string(asked.request.headers.get("If-Match"))));
    co_return no_content();
}

Fc2016::Answer Fc2016::list_on_demand(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    co_return json_response(listed(catalog_.scalings(), asked.account, query, "configs",
                                   [](const auto& key, const Scaling& scaling) {
                                       return scaling.on_demand ? to_json(key, *scaling.on_demand)
                                                                : json::object();
                                   }));
}

json::object Fc2016::shown(const catalog::ScalingKey& key, const ProvisionConfig& config) const {
    engine::Supply::State now;
    const auto route = catalog_.route({key.account, key.service, key.qualifier, key.function});
    if (route && supply_) now = supply_->supply_of((*route)->id);
    return to_json(key, config, now.provisioned, now.provisioned < config.target ? now.error : "");
}

Fc2016::Answer Fc2016::get_provision(const Asked& asked) {
    CO_TRYV(catalog_.function(asked.account, asked.service, asked.function));
    const auto key = key_of(asked.account, asked.service, asked.qualifier, asked.function);
    const auto* scaling = catalog_.scalings().find(key);
    if (!scaling || !scaling->provision)
        co_return fail(Kind::not_found,
                       fmt::format("function '{}' has no provision configuration", asked.function),
                       "ProvisionConfigNotFound");
    co_return json_response(shown(key, *scaling->provision));
}

Fc2016::Answer Fc2016::put_provision(const Asked& asked) {
    CO_TRY(const auto route,
           catalog_.route({asked.account, asked.service, asked.qualifier, asked.function}));
    CO_TRY(auto config, read_provision(asked.request.body));
    if (const int most = supply_ ? supply_->provisionable(route) : kInstancesMax;
        largest_target(config) > most)
        co_return fail(
            Kind::invalid,
            fmt::format("this machine can keep {} instances of '{}' with {} MB each, beside what "
                        "is kept of other functions, not {}; lower the target, or raise what the "
                        "server gives (mayfly serve --workers, --promise)",
                        most, asked.function, route->function.spec.memory_mb,
                        largest_target(config)),
            "InvalidArgument");
    const auto key = key_of(asked.account, asked.service, asked.qualifier, asked.function);
    CO_TRY(const auto made, co_await catalog_.scalings().put_provision(key, std::move(config)));
    co_return json_response(shown(key, made));
}

Fc2016::Answer Fc2016::list_provisions(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    std::string service, qualifier;
    for (auto& [name, value] : query_parameters(asked.request.query)) {
        if (name == "serviceName") service = value;
        if (name == "qualifier") qualifier = value;
    }
    co_return json_response(listed(
        catalog_.scalings(), asked.account, query, "provisionConfigs",
        [&](const auto& key, const Scaling& scaling) {
            const bool wanted = (service.empty() || service == key.service) &&
                                (qualifier.empty() || qualifier == key.qualifier);
            return wanted && scaling.provision ? shown(key, *scaling.provision) : json::object();
        }));
}

}  // namespace mayfly::door
