#include "cli/fc_client.hpp"

#include "auth/fc_signature.hpp"
#include "auth/http_date.hpp"
#include "base/text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

constexpr Millis patience = Seconds{60};  // for anything but a running function

// A 412 is a conflict, but for a custom runtime's program that does not start.
Kind kind_of(int status, std::string_view code) {
    if (status == 412 && (code.starts_with("CA") || code == "FunctionNotStarted"))
        return Kind::failed;
    switch (status) {
        case 400:
        case 415: return Kind::invalid;
        case 401:
        case 403: return Kind::denied;
        case 404: return Kind::not_found;
        case 409:
        case 412: return Kind::conflict;
        case 429: return Kind::busy;
        case 502: return Kind::failed;
        case 503: return Kind::unavailable;
        case 504: return Kind::timed_out;
        default: return Kind::internal;
    }
}

std::string text_of(const json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::string with_query(const std::string& path, const FcClient::Query& query) {
    std::string target = path;
    for (const auto& [key, value] : query) {
        target += target.size() == path.size() ? '?' : '&';
        target += percent_encode(key) + "=" + percent_encode(value);
    }
    return target;
}

}  // namespace

Result<FunctionName> parse_function_name(std::string_view text) {
    const auto parts = split(text, '/');
    if (parts.size() > 2 || parts.front().empty() || parts.back().empty()) {
        return fail(Kind::invalid, "'" + std::string(text) +
                                       "' names no function; write FUNCTION or SERVICE/FUNCTION");
    }
    if (parts.size() == 1) return FunctionName{.function = std::string(parts[0])};
    return FunctionName{std::string(parts[0]), std::string(parts[1])};
}

std::string service_path(std::string_view service) {
    return "/2016-08-15/services/" + percent_encode(service);
}
std::string functions_path(std::string_view service) {
    return service_path(service) + "/functions";
}
std::string function_path(const FunctionName& name) {
    return functions_path(name.service) + "/" + percent_encode(name.function);
}

Result<FcClient> FcClient::open(const Context& context) {
    TRY(auto server, find_server(context));
    TRY(auto http, io::HttpClient::to(server.api));
    return FcClient(std::move(http), std::move(server.key), context.clock);
}

io::HttpRequest FcClient::signed_request(std::string_view method, const std::string& path,
                                         const Query& query, std::string body,
                                         io::HttpFields headers) const {
    headers.emplace_back("Date", auth::http_date(clock_.wall()));
    headers.emplace_back("X-Fc-Account-Id", key_.account);
    headers.emplace_back("User-Agent", "mayfly/" MAYFLY_VERSION);
    const auto target = with_query(path, query);
    const auto at = std::min(target.find('?'), target.size());
    const auto signature = auth::sign_fc(
        key_, {method, std::string_view(target).substr(0, at),
               at < target.size() ? std::string_view(target).substr(at + 1) : "", headers});
    headers.emplace_back("Authorization", signature);
    return {std::string(method), target, std::move(headers), std::move(body)};
}

Result<io::HttpResponse> FcClient::send(std::string_view method, const std::string& path,
                                        const Query& query, std::string body,
                                        io::HttpFields headers, Millis limit) const {
    auto sent =
        http_.send(signed_request(method, path, query, std::move(body), std::move(headers)), limit);
    if (!sent && sent.error().kind == Kind::unavailable) {
        return fail(Kind::unavailable,
                    sent.error().what + "; is the server running? ('mayfly serve')");
    }
    return sent;
}

Error error_of(const io::HttpResponse& response) {
    boost::system::error_code broken;
    const auto value = json::parse(response.body, broken);
    std::string code, message;
    if (!broken && value.is_object()) {
        const auto* own = value.as_object().if_contains("error");  // of /mayfly/v1
        const bool is_own = own && own->is_object();
        const auto& said = is_own ? own->as_object() : value.as_object();
        code = text_of(said, is_own ? "code" : "ErrorCode");
        message = text_of(said, is_own ? "message" : "ErrorMessage");
    }
    if (message.empty())
        message = "the server answered with status " + std::to_string(response.status);
    if (const auto id = response.header("x-fc-request-id"); response.status >= 500 && !id.empty()) {
        message += " (request " + std::string(id) + ")";
    }
    const auto kind = kind_of(response.status, code);
    return {kind, std::move(message), std::move(code)};
}

Result<json::value> FcClient::call(std::string_view method, const std::string& path,
                                   const Query& query, const json::value& body) const {
    io::HttpFields headers;
    if (!body.is_null()) headers.emplace_back("Content-Type", "application/json");
    TRY(const auto response, send(method, path, query, body.is_null() ? "" : json::serialize(body),
                                  std::move(headers), patience));
    if (response.status >= 300) return Failure(error_of(response));
    if (response.body.empty()) return json::value(nullptr);
    boost::system::error_code broken;
    auto value = json::parse(response.body, broken);
    if (broken)
        return fail(Kind::internal, base_url() + " did not answer in JSON; is it a Mayfly server?");
    return value;
}

Result<json::array> FcClient::list(const std::string& path, std::string_view field) const {
    json::array all;
    std::string token;
    do {
        Query query{{"limit", "100"}};
        if (!token.empty()) query.emplace_back("nextToken", token);
        TRY(const auto page, call("GET", path, query));
        const auto* items = page.is_object() ? page.as_object().if_contains(field) : nullptr;
        if (!items || !items->is_array()) {
            return fail(Kind::internal,
                        base_url() + " did not answer with a list; is it a Mayfly server?");
        }
        all.insert(all.end(), items->as_array().begin(), items->as_array().end());
        token = text_of(page.as_object(), "nextToken");
    } while (!token.empty());
    return all;
}

}  // namespace mayfly::cli
