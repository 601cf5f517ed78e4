// Functions and their code.
#include "auth/fc_signature.hpp"
#include "base/text.hpp"
#include "door/fc2016_asked.hpp"
#include "door/fc_json.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Task<Result<FunctionInput>> read_input(io::BlockingPool& pool, Request& request) {
    auto input = co_await read_package_body(pool, request, read_function);
    const auto checksum = request.headers.get("X-Fc-Code-Checksum");
    if (input && !checksum.empty()) input->change.checksum = checksum;
    co_return input;
}

}  // namespace

std::string reached_at(const Request& request, const std::string& api_url) {
    const auto host = request.headers.get("Host");
    const auto colon = host.rfind(':');
    const bool has_port = colon != host.npos && parse_int(host.substr(colon + 1));
    return has_port || api_url.empty() ? fmt::format("http://{}", host) : api_url;
}

Fc2016::Answer Fc2016::create_function(const Asked& asked) {
    CO_TRY(auto input, co_await read_input(pool_, asked.request));
    CO_TRY(const auto made, co_await catalog_.create_function(asked.account, asked.service,
                                                              input.name, std::move(input.change)));
    co_return json_response(to_json(made, options_.region), made.etag);
}

Fc2016::Answer Fc2016::get_function(const Asked& asked) {
    CO_TRY(const auto function, catalog_.function(asked.account, asked.service, asked.function));
    co_return json_response(to_json(function, options_.region), function.etag);
}

Fc2016::Answer Fc2016::list_functions(const Asked& asked) {
    CO_TRY(const auto query, list_query(asked.request));
    CO_TRY(const auto page, catalog_.functions(asked.account, asked.service, query));
    json::array all;
    for (const auto& function : page.items) all.push_back(to_json(function, options_.region));
    json::object body{{"functions", std::move(all)}, {"nextToken", nullptr}};
    if (!page.next_token.empty()) body["nextToken"] = page.next_token;
    co_return json_response(body);
}

Fc2016::Answer Fc2016::update_function(const Asked& asked) {
    CO_TRY(auto input, co_await read_input(pool_, asked.request));
    CO_TRY(const auto next,
           co_await catalog_.update_function(asked.account, asked.service, asked.function,
                                             std::move(input.change),
                                             std::string(asked.request.headers.get("If-Match"))));
    co_return json_response(to_json(next, options_.region), next.etag);
}

Fc2016::Answer Fc2016::delete_function(const Asked& asked) {
    CO_TRYV(co_await catalog_.delete_function(asked.account, asked.service, asked.function,
                                              std::string(asked.request.headers.get("If-Match"))));
    co_return no_content();
}

// With an Authorization header: where the code can be fetched. As the signed URL that this hands
// out (its signature was checked by identify): the zip itself.
Fc2016::Answer Fc2016::get_code(const Asked& asked) {
    CO_TRY(const auto function, catalog_.function(asked.account, asked.service, asked.function));
    if (!auth::is_signed_url(asked.request.query)) co_return code_url(asked, function);
    for (const auto& [name, value] : query_parameters(asked.request.query))
        if (name == "sha256" && value != function.code.sha256)
            co_return fail(
                Kind::not_found,
                fmt::format("the code of function '{}' has been replaced since this URL was made; "
                            "ask for a new one",
                            asked.function),
                "FunctionNotFound");
    co_return co_await zip_of(function.code);
}

Fc2016::Answer Fc2016::zip_of(Code code) {
    CO_TRY(auto zip, co_await catalog_.package(std::move(code)));
    Response response;
    response.headers.add("Content-Type", "application/zip");
    response.body = std::move(zip);
    co_return response;
}

Result<Response> Fc2016::code_url(const Asked& asked, const Function& function) const {
    const auto path = fmt::format("{}services/{}/functions/{}/code", prefix, function.service,
                                  function.spec.name);
    TRY(const auto url, signed_url(asked, path, function.code));
    return json_response({{"url", url}, {"checksum", std::to_string(function.code.crc64)}});
}

// Of the zip that `path` answers with, for as long as it is that one.
Result<std::string> Fc2016::signed_url(const Asked& asked, const std::string& path,
                                       const Code& code) const {
    const auto* key = keys_.any_of(asked.account);
    if (!key)
        return fail(Kind::denied, "the account has no access key to sign a URL with",
                    "AccessDenied");
    const auto query = auth::sign_fc_url(*key, path, "sha256=" + code.sha256,
                                         clock_.wall() + options_.code_url_lifetime);
    return fmt::format("{}{}?{}", reached_at(asked.request, api_url_), path, query);
}

}  // namespace mayfly::door
