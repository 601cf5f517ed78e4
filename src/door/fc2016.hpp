// Function Compute's API 2016-08-15: services, functions, code and calls, as its public clients
// speak it
// (@alicloud/fc2, Funcraft, fcli, the Python and Go SDKs).
//
// Every response carries X-Fc-Request-Id. Errors: fc_errors.hpp. Paths: the table in fc2016.cpp.
#pragma once

#include "auth/keys.hpp"
#include "auth/signature_memo.hpp"
#include "auth/temporary_keys.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "catalog/catalog.hpp"
#include "door/http.hpp"
#include "engine/async_walk.hpp"
#include "engine/invoke.hpp"
#include "engine/supply.hpp"
#include "io/blocking.hpp"
#include "queue/events.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <string>

namespace mayfly::door {

// Lives on the loop thread.
class Fc2016 {
public:
    struct Options {
        std::string region = "local";
        AccountId default_account{};  // whose http triggers answer where the host names none
        std::uint64_t event_bytes_max = 32u << 20;  // body of a call (FC: 32 MB)
        Seconds code_url_lifetime{600};
    };

    // Where calls go that nobody waits for.
    struct Async {
        queue::Events& events;
        queue::TaskQueue& queue;
        engine::AsyncWalk& walk;
    };

    Fc2016(Options options, catalog::Catalog& catalog, engine::Invoker& invoker, Async async,
           const auth::KeyRing& keys, io::BlockingPool& pool, const Clock& clock, Rng& rng,
           const Log& log);

    // "http://127.0.0.1:7400", once it is known: stands in URLs we hand out where the request's
    // Host has no port, as some clients leave it out.
    void set_api_url(std::string url) { api_url_ = std::move(url); }

    // Whom to ask what the machine can keep; without one every target is taken.
    void set_supply(const engine::Supply& supply) { supply_ = &supply; }

    // As Front's.
    void set_temporary_keys(const auth::TemporaryKeys& keys) { temporary_ = &keys; }

    static constexpr std::string_view prefix = "/2016-08-15/";

    // Answers a request whose path begins with `prefix`, from a caller known to act for `account`.
    // `request` lives until the task is done; its body may be taken.
    Task<Response> answer(Request& request, const AccountId& account);

    // Answers a request to an http trigger (over_http.hpp), whoever sends it: its path begins with
    // proxy_prefix. Errors carry X-Fc-Error-Type: FCCommonError.
    Task<Response> answer_over_http(Request& request, auth::SignatureMemo& memo);

    // The response for a caller that may not come in (fc_auth.hpp), or any other error before
    // answer().
    Response refuse(const Error& error);

private:
    struct Asked;  // the request, taken apart
    using Answer = Task<Result<Response>>;
    struct Path;
    static const Path paths[];
    static const Path* match(const Request& request, Asked& asked);

    Answer dispatch(Asked& asked);
    Response answered(const Request& request, const std::string& id, Result<Response> result) const;

    Answer create_service(const Asked& asked);
    Answer get_service(const Asked& asked);
    Answer list_services(const Asked& asked);
    Answer update_service(const Asked& asked);
    Answer delete_service(const Asked& asked);

    Answer create_function(const Asked& asked);
    Answer get_function(const Asked& asked);
    Answer list_functions(const Asked& asked);
    Answer update_function(const Asked& asked);
    Answer delete_function(const Asked& asked);
    Answer get_code(const Asked& asked);
    Result<Response> code_url(const Asked& asked, const Function& function) const;
    Result<std::string> signed_url(const Asked& asked, const std::string& path,
                                   const Code& code) const;
    Answer zip_of(Code code);

    Answer publish_layer(const Asked& asked);
    Answer list_layers(const Asked& asked);
    Answer list_layer_versions(const Asked& asked);
    Answer get_layer_version(const Asked& asked);
    Answer get_layer_by_arn(const Asked& asked);
    Answer get_layer_code(const Asked& asked);
    Answer delete_layer_version(const Asked& asked);
    Answer put_layer_acl(const Asked& asked);
    Result<Response> layer_response(const Asked& asked, const LayerVersion& layer);

    Answer create_trigger(const Asked& asked);
    Answer get_trigger(const Asked& asked);
    Answer list_triggers(const Asked& asked);
    Answer update_trigger(const Asked& asked);
    Answer delete_trigger(const Asked& asked);
    boost::json::object shown(const Asked& asked, const Trigger& trigger) const;

    Answer get_on_demand(const Asked& asked);
    Answer put_on_demand(const Asked& asked);
    Answer delete_on_demand(const Asked& asked);
    Answer list_on_demand(const Asked& asked);
    Answer get_provision(const Asked& asked);
    Answer put_provision(const Asked& asked);
    Answer list_provisions(const Asked& asked);
    boost::json::object shown(const catalog::ScalingKey& key, const ProvisionConfig& config) const;

    Answer invoke(const Asked& asked);
    Answer accept(const Request& request, queue::Event event);
    static Target target_of(const Asked& asked);
    Answer put_async_config(const Asked& asked);
    Answer get_async_config(const Asked& asked);
    Answer delete_async_config(const Asked& asked);
    Answer list_async_configs(const Asked& asked);
    Answer list_task_functions(const Asked& asked);
    Answer list_tasks(const Asked& asked);
    Answer get_task(const Asked& asked);
    Answer stop_task(const Asked& asked);
    Task<Result<queue::Item>> find_task(const Asked& asked);

    Answer call_over_http(Request& request, const std::string& id, auth::SignatureMemo& memo);
    Result<AccountId> account_of(const Request& request) const;
    Result<void> admit(const Request& request, const Target& target,
                       auth::SignatureMemo& memo) const;

    // Of things this build does not make there are none: lists are empty, single ones are not
    // found.
    Answer no_versions(const Asked& asked);
    Answer no_version(const Asked& asked);
    Answer no_aliases(const Asked& asked);
    Answer no_alias(const Asked& asked);

    Answer account_settings(const Asked& asked);
    Answer account_configs(const Asked& asked);

    const Options options_;
    std::string api_url_;
    const engine::Supply* supply_ = nullptr;
    const auth::TemporaryKeys* temporary_ = nullptr;
    catalog::Catalog& catalog_;
    engine::Invoker& invoker_;
    Async async_;
    const auth::KeyRing& keys_;
    io::BlockingPool& pool_;
    const Clock& clock_;
    Rng& rng_;
    const Log& log_;
};

}  // namespace mayfly::door
