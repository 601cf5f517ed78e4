#include "door/over_http.hpp"

#include "base/text.hpp"
#include "door/answer_source.hpp"
#include "door/fc_path.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::door {

namespace {

Failure refuse(const char* code, std::string what) {
    return fail(Kind::invalid, std::move(what), code);
}

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
    return std::ranges::any_of(names, [&](auto known) { return iequals(name, known); });
}

bool is_fc_header(std::string_view name) {
    return name.size() >= 5 && iequals(name.substr(0, 5), "x-fc-");
}

// Between two neighbours (RFC 9110, 7.6.1).
constexpr std::string_view of_the_connection[] = {
    "connection", "keep-alive", "proxy-connection", "te",
    "trailer",    "upgrade",    "expect",           "transfer-encoding"};
constexpr std::string_view of_the_server[] = {"content-length", "date", "server"};

bool begins_with(std::string_view text, std::string_view word) {
    return iequals(text.substr(0, word.size()), word);
}

// What the function says that its parts have together, should it say so.
std::optional<std::uint64_t> length_of(const HttpHead& head) {
    for (const auto& [name, value] : head.headers) {
        const auto n = iequals(name, "Content-Length") ? parse_int(trim(value)) : std::nullopt;
        if (n && *n >= 0) return static_cast<std::uint64_t>(*n);
    }
    return std::nullopt;
}

// The host of an authority: no user, no port.
std::string_view host_of(std::string_view authority) {
    if (const auto at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
    if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
    return authority.substr(0, authority.find(':'));
}

bool has_scheme(std::string_view url) {
    const auto colon = url.find(':');
    return colon != url.npos && colon < url.find_first_of("/?#");
}

}  // namespace

Result<HttpTarget> read_http_target(std::string_view path) {
    auto rest = path.substr(proxy_prefix.size());
    std::string_view service, function;
    if (!next_part(rest, service) || !next_part(rest, function) || service.empty() ||
        function.empty())
        return refuse("PathNotSupported",
                      fmt::format("'{}' names no function; an http trigger is called at {}SERVICE/"
                                  "FUNCTION/PATH",
                                  path, proxy_prefix));
    HttpTarget out{.target = {.account = {},
                              .service = percent_decode(service),
                              .qualifier = {},
                              .function = percent_decode(function)},
                   .path = "/" + percent_decode(rest)};
    split_qualifier(out.target.service, out.target.qualifier);
    if (!is_utf8(out.path))
        return refuse("InvalidArgument", "the path, percent-decoded, is not UTF-8");
    return out;
}

std::string http_path(const Target& target) {
    const auto dot = target.qualifier.empty() ? "" : ".";
    return fmt::format("{}{}{}{}/{}/", proxy_prefix, target.service, dot, target.qualifier,
                       target.function);
}

Result<void> check_http_head(const Request& request) {
    if (request.target.size() > http_target_bytes_max)
        return refuse("InvalidArgument",
                      fmt::format("path and query have {} bytes; an http trigger takes {}",
                                  request.target.size(), http_target_bytes_max));
    std::size_t bytes = 0;
    for (const auto& [name, value] : request.headers) bytes += name.size() + value.size() + 4;
    if (bytes <= http_head_bytes_max) return {};
    return refuse("InvalidArgument", fmt::format("the headers have {} bytes; an http trigger takes "
                                                 "{}",
                                                 bytes, http_head_bytes_max));
}

HttpPart http_part(const Request& request, std::string path) {
    HttpPart part{.method = request.method,
                  .path = std::move(path),
                  .query = std::string(request.query),
                  .uri = request.target,
                  .client_ip = request.client_ip,
                  .headers = {}};
    part.headers.reserve(request.headers.fields().size());
    for (const auto& field : request.headers)
        if (!is_fc_header(field.first) && !is_one_of(field.first, of_the_connection))
            part.headers.push_back(field);
    if (!request.headers.has("Transfer-Encoding")) return part;
    if (request.incoming) part.headers.emplace_back("Transfer-Encoding", "chunked");
    else part.headers.emplace_back("Content-Length", std::to_string(request.body.size()));
    return part;
}

bool stays_on(std::string_view host, std::string_view location) {
    std::string url(trim(location));
    std::ranges::replace(url, '\\', '/');  // browsers do
    std::string_view rest = url;
    if (has_scheme(rest)) {
        if (!begins_with(rest, "http:") && !begins_with(rest, "https:")) return false;
        rest.remove_prefix(rest.find(':') + 1);
        if (!rest.starts_with("//")) return false;  // "http:x": browsers disagree
    }
    if (!rest.starts_with("//")) return true;
    rest.remove_prefix(2);
    return iequals(host_of(rest.substr(0, rest.find_first_of("/?#"))), host_of(host));
}

Result<Response> http_response(Reply& reply, std::string_view host) {
    Response response{.status = reply.http->status};
    auto& headers = response.headers;
    const auto length = reply.parts ? length_of(*reply.http) : std::nullopt;
    for (auto& [name, value] : reply.http->headers) {
        if (is_fc_header(name) || is_one_of(name, of_the_connection) ||
            is_one_of(name, of_the_server))
            continue;
        if (iequals(name, "Content-Disposition") && !begins_with(value, "attachment")) continue;
        if (response.status / 100 == 3 && iequals(name, "Location") && !stays_on(host, value))
            return refuse(
                "ExternalRedirectForbidden",
                fmt::format("the function redirects to '{}'; on the platform's own domain "
                            "it may redirect within {} only",
                            value.substr(0, 200), host));
        headers.add(std::move(name), std::move(value));
    }
    if (!headers.has("Content-Disposition")) headers.add("Content-Disposition", "attachment");
    if (response.status == 204 || response.status == 304) return response;  // have no body
    if (!headers.has("Content-Type")) headers.add("Content-Type", "application/octet-stream");
    response.body = std::move(reply.body);
    if (reply.parts) send_in_parts(response, std::move(reply.parts), length);
    return response;
}

}  // namespace mayfly::door
