#include "io/http_client.hpp"

#include "base/text.hpp"
#include "io/http_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <optional>

namespace mayfly::io {

namespace asio = boost::asio;

std::string_view HttpResponse::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (iequals(key, name)) return value;
    }
    return {};
}

Result<HttpClient> HttpClient::to(std::string_view base_url) {
    auto rest = trim(base_url);
    while (rest.ends_with('/')) rest.remove_suffix(1);
    const std::string whole(rest);
    const auto bad = [&](std::string_view why) {
        return fail(Kind::invalid, "'" + whole + "' is not an endpoint: " + std::string(why) +
                                       "; it looks like http://127.0.0.1:7400");
    };
    if (!rest.starts_with("http://")) return bad("it must begin with http://");
    rest.remove_prefix(7);
    if (rest.find_first_of("/?#@ ") != rest.npos) return bad("it ends after the port");
    std::string_view host = rest, port = "80";
    const auto colon = rest.rfind(':');
    if (colon != rest.npos && !rest.ends_with(']')) {
        host = rest.substr(0, colon);
        port = rest.substr(colon + 1);
        const auto number = parse_int(port);
        if (!number || *number < 1 || *number > 65535)
            return bad("its port is not a number to 65535");
    }
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) return bad("it names no host");
    return HttpClient(whole, std::string(host), std::string(port));
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, Millis limit) const {
    asio::io_context loop(1);
    HttpConnection connection(loop.get_executor(), *this);
    std::optional<Result<HttpResponse>> answer;
    asio::co_spawn(loop, connection.exchange(request, limit, false),
                   [&](std::exception_ptr thrown, Result<HttpResponse> result) {
                       if (thrown) std::rethrow_exception(thrown);
                       answer = std::move(result);
                   });
    loop.run();
    return *std::move(answer);
}

}  // namespace mayfly::io
