#include "door/front.hpp"

#include "door/fc_auth.hpp"
#include "door/fc_errors.hpp"
#include "door/over_http.hpp"
#include "workers/wire.hpp"

namespace mayfly::door {

namespace {

constexpr std::string_view kFc2016 = "/2016-08-15/";
constexpr std::string_view kOwn = "/mayfly/v1/";

Response plain(int status, std::string text) {
    Response response{.status = status, .body = std::move(text)};
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    return response;
}

Response as_metrics(std::string text) {
    Response response{.body = std::move(text)};
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    return response;
}

}  // namespace

Front::Front(const auth::KeyRing& keys, Fc2016& fc2016, OwnApi& own_api, const Clock& clock,
             Rng& rng, const Log& log, Health health)
    : keys_(keys),
      fc2016_(fc2016),
      modern_(keys, fc2016, clock, rng),
      own_api_(own_api),
      clock_(clock),
      rng_(rng),
      log_(log),
      health_(std::move(health)) {}

BodyPlan Front::body_plan(std::string_view, std::string_view path) {
    constexpr std::size_t kEvent = 32u << 20;     // FC's limit for a synchronous event
    constexpr std::size_t kPackage = 140u << 20;  // 100 MB of zip in base64
    // What a call may have here anyway is not worth its way in parts.
    if (path.starts_with(proxy_prefix))
        return {.bytes_max = kEvent, .streams_over = workers::kCreditBytes};
    return {.bytes_max = path.ends_with("/invocations") ? kEvent : kPackage};
}

// One of the two places that catch: an exception here is our fault, and the connection goes on.
Task<Response> Front::answer(Request& request) {
    try {
        co_return co_await dispatch(request);
    } catch (const std::exception& e) {
        const auto id = new_request_id(clock_, rng_);
        log_.error("{} {} failed ({}): {}", request.method, request.path, id, e.what());
        co_return fc_error(Error(Kind::internal, e.what()), id);
    }
}

Task<Response> Front::dispatch(Request& request) {
    // 1. Health first: it must answer whoever asks, and costs nothing. What is said of all
    // functions is not for one of them.
    if (request.path == "/readyz")
        co_return plain(
            200, request.query == "verbose" && !request.from_sandbox ? health_() : "ready\n");
    if (request.path == "/metrics" && metrics_ && !request.from_sandbox)
        co_return as_metrics(metrics_());
    if (request.path == "/livez" || request.path == "/healthz") co_return plain(200, "alive\n");
    if (request.path == "/version") co_return plain(200, MAYFLY_VERSION "\n");

    // 2. Which dialect: errors speak it too.
    if (const auto api = FcModern::api_of(request.path))
        co_return co_await modern_.answer(*api, request);
    const bool own = request.path.starts_with(kOwn);
    if (!own && !request.path.starts_with(kFc2016))
        co_return plain(
            404,
            "Nothing is served here. Function Compute's API is at /2016-08-15/, "
            "/2021-04-06/ and, for calls, /2023-03-30/; Mayfly's own at /mayfly/v1/.\n");

    // 3. Who: an http trigger has rules of its own; nothing below it is for strangers.
    if (request.path.starts_with(proxy_prefix))
        co_return co_await fc2016_.answer_over_http(request, memo_);
    const auto caller = identify(keys_, temporary_, request, clock_.wall(), memo_);
    const auto allowed = caller ? check_rights(*caller, request) : Failure(caller.error());
    if (!allowed) {
        const auto id = new_request_id(clock_, rng_);
        co_return own ? own_error(allowed.error(), id) : fc_error(allowed.error(), id);
    }
    const auto& account = caller->account;
    request.is_paid_by(account);
    request.caused_by = caller->caused_by;
    // What a function causes continues its trace, though it says nothing of it.
    if (!caller->traceparent.empty() && !request.headers.has("traceparent"))
        request.headers.add("traceparent", caller->traceparent);

    // 4. The door that knows the rest.
    if (own) co_return co_await own_api_.answer(request, account);
    co_return co_await fc2016_.answer(request, account);
}

}  // namespace mayfly::door
