#include "door/fc_modern.hpp"

#include "auth/acs3_signature.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"
#include "door/fc_errors.hpp"
#include "model/request_id.hpp"

namespace mayfly::door {

std::optional<FcApi> FcModern::api_of(std::string_view path) {
    if (path.starts_with("/2021-04-06/")) return FcApi::of_2021;
    if (path.starts_with("/2023-03-30/")) return FcApi::of_2023;
    return std::nullopt;
}

Response FcModern::refused(FcApi api, const Error& error) {
    auto response = fc_error(error, new_request_id(clock_, rng_));
    from_2016(api, response, "");
    return response;
}

Task<Response> FcModern::answer(FcApi api, Request& request) {
    const auth::SignedRequest is_signed{request.method,
                                        request.path,
                                        request.query,
                                        {request.headers.begin(), request.headers.end()}};
    const auto key =
        auth::verify_acs3(keys_, is_signed, hex(sha256(request.body)), clock_.wall(), nonces_);
    if (!key) co_return refused(api, key.error());
    const auto account = (*key)->account;
    auto same = to_2016(api, request);
    if (!same) co_return refused(api, same.error());
    auto& asked = *same;
    const std::string_view target = asked.target;
    const auto mark = target.find('?');
    asked.path = target.substr(0, mark);
    asked.query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
    auto response = co_await fc2016_.answer(asked, account);
    from_2016(api, response, account);
    co_return response;
}

}  // namespace mayfly::door
