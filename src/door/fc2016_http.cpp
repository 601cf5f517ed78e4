// A call over an http trigger: the walk from a stranger's request to the function's own answer.
#include "catalog/http_trigger.hpp"
#include "door/caller_span.hpp"
#include "door/fc2016_asked.hpp"
#include "door/fc_auth.hpp"
#include "door/fc_errors.hpp"
#include "door/over_http.hpp"
#include "engine/answer_body.hpp"
#include "engine/request_body.hpp"

#include <fmt/format.h>

namespace mayfly::door {

namespace {

// A function that failed is the gateway's error here: the client is no caller who would look for
// X-Fc-Error-Type.
Response failed(Reply& reply) {
    Response response{.status = 502, .headers = {}, .body = std::move(reply.body)};
    response.headers.add("Content-Type", "application/json");
    return response;
}

// Of a body that comes while it is read: all of it, or more than the limit.
Task<Result<void>> read_whole(Request& request, std::uint64_t bytes_max) {
    auto& incoming = *std::exchange(request.incoming, nullptr);
    std::string all;  // request.body is where the server puts the next piece
    do {
        CO_TRY(const auto piece, co_await incoming.next());
        all += piece;
        if (piece.empty()) break;
    } while (all.size() <= bytes_max);
    request.body = std::move(all);
    co_return Result<void>{};
}

// What is yet to come of a request's body; null if it is all here.
std::shared_ptr<RequestBody> pass_on(const Request& request) {
    if (!request.incoming) return nullptr;
    auto body = std::make_shared<RequestBody>();
    request.pass_on(body);
    return body;
}

}  // namespace

Task<Response> Fc2016::answer_over_http(Request& request, auth::SignatureMemo& memo) {
    const auto id = new_request_id(clock_, rng_);
    auto result = co_await call_over_http(request, id, memo);
    const bool is_ours = !result;
    auto response = answered(request, id, std::move(result));
    if (is_ours) response.headers.add("X-Fc-Error-Type", "FCCommonError");
    co_return response;
}

// FC's hosts begin with the account ("{account}.{region}.fc.…"); the default account, and a server
// of one account, need none.
Result<AccountId> Fc2016::account_of(const Request& request) const {
    const auto host = request.headers.get("Host");
    const auto first = host.substr(0, host.find_first_of(".:"));
    if (const auto* key = keys_.any_of(first)) return key->account;
    if (!options_.default_account.empty()) return options_.default_account;
    if (const auto only = keys_.only_account(); !only.empty()) return AccountId(only);
    return fail(Kind::not_found,
                fmt::format("the host '{}' does not begin with an account of this server", host),
                "ServiceNotFound");
}

// Lets the request in, or says why not.
Result<void> Fc2016::admit(const Request& request, const Target& target,
                           auth::SignatureMemo& memo) const {
    TRY(const auto access, catalog_.http_access(target));
    if (!access)
        return fail(Kind::not_found,
                    fmt::format("function '{}' of service '{}' has no http trigger; create one, or "
                                "call it through the API",
                                target.function, target.service),
                    "TriggerNotFound");
    if (!access->anonymous) {
        TRY(const auto signer, identify(keys_, temporary_, request, clock_.wall(), memo));
        if (signer.account != target.account)
            return fail(Kind::denied, "the request is signed by a key of another account",
                        "AccessDenied");
    }
    if (access->allows(request.method)) return {};
    return fail(Kind::invalid,
                fmt::format("the http trigger of '{}' takes {}, not {}", target.function,
                            catalog::methods_text(*access), request.method),
                "InvalidArgument");
}

Fc2016::Answer Fc2016::call_over_http(Request& request, const std::string& id,
                                      auth::SignatureMemo& memo) {
    CO_TRYV(check_http_head(request));
    CO_TRY(auto asked, read_http_target(request.path));
    CO_TRY(asked.target.account, account_of(request));
    CO_TRYV(admit(request, asked.target, memo));
    request.is_paid_by(asked.target.account);
    CO_TRY(const auto wish, read_call_headers(request.headers));
    if (wish.async && request.incoming)
        CO_TRYV(co_await read_whole(request, options_.event_bytes_max));
    CO_TRYV(check_event(request, options_.event_bytes_max));
    auto part = http_part(request, std::move(asked.path));  // before the body is taken
    if (wish.async)
        co_return co_await accept(request, {.id = id,
                                            .target = std::move(asked.target),
                                            .trigger = "http",
                                            .body = std::move(request.body),
                                            .http = std::move(part)});
    Call call{.request_id = id,
              .trigger = "http",
              .target = std::move(asked.target),
              .body = std::move(request.body),
              .wants_log = wish.log,
              .http = std::move(part),
              .caller_gone = request.caller_gone,
              // A log is whole when the call has ended, and belongs to the head.
              .takes_parts = request.method != "HEAD" && !wish.log,
              .caller_span = caller_span(request.headers),
              .incoming = pass_on(request)};
    CO_TRY(auto reply, co_await invoker_.invoke(std::move(call)));
    if (reply.outcome != Outcome::ok) {
        auto response = failed(reply);
        add_call_headers(response.headers, reply, wish.log);
        co_return response;
    }
    const bool in_parts = reply.parts != nullptr;
    auto response = http_response(reply, request.headers.get("Host"));
    if (reply.parts) reply.parts->discard();  // nobody is to see them
    if (!response) co_return response;
    if (in_parts) add_first_call_headers(response->headers, reply);
    else add_call_headers(response->headers, reply, wish.log);
    co_return response;
}

}  // namespace mayfly::door
