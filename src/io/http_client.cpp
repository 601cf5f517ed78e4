#include "io/http_client.hpp"

#include "base/text.hpp"
#include "io/task.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <optional>

namespace mayfly::io {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

http::request<http::string_body> to_beast(const HttpRequest& request, std::string_view host) {
    http::request<http::string_body> message;
    message.method_string(request.method);
    message.target(request.target);
    message.version(11);
    for (const auto& [name, value] : request.headers) message.insert(name, value);
    message.set(http::field::host, std::string(host));
    message.set(http::field::connection, "close");
    message.body() = request.body;
    message.prepare_payload();
    return message;
}

HttpResponse from_beast(http::response<http::string_body> message) {
    HttpResponse response{.status = static_cast<int>(message.result_int())};
    for (const auto& field : message) {
        response.headers.emplace_back(field.name_string(), field.value());
    }
    response.body = std::move(message.body());
    return response;
}

// `limit` is for the whole exchange: the stream's timer runs on from connecting to the last byte.
Task<Result<HttpResponse>> exchange(asio::io_context& loop, std::string host, std::string port,
                                    http::request<http::string_body> message, Millis limit,
                                    std::string where) {
    const auto away = [&](const boost::system::error_code& e, std::string_view doing) {
        if (e == beast::error::timeout) {
            return fail(Kind::timed_out,
                        where + " did not answer within " + std::to_string(limit.count()) + " ms");
        }
        return fail(Kind::unavailable, std::string(doing) + " " + where + ": " + e.message());
    };
    asio::ip::tcp::resolver resolver(loop);
    const auto [unresolved, hosts] = co_await resolver.async_resolve(host, port, as_value);
    if (unresolved) co_return away(unresolved, "cannot find");
    beast::tcp_stream stream(loop);
    stream.expires_after(limit);
    const auto [unconnected, peer] = co_await stream.async_connect(hosts, as_value);
    if (unconnected) co_return away(unconnected, "cannot reach");
    // A server may answer and close before it has read all: its answer is worth more than our
    // error.
    const auto [unsent, sent] = co_await http::async_write(stream, message, as_value);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    const auto [unread, got] = co_await http::async_read(stream, buffer, parser, as_value);
    if (unread) co_return away(unsent ? unsent : unread, "lost the connection to");
    co_return from_beast(parser.release());
}

}  // namespace

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
    std::optional<Result<HttpResponse>> answer;
    auto message = to_beast(request, std::string_view(base_url_).substr(7));
    asio::co_spawn(loop, exchange(loop, host_, port_, std::move(message), limit, base_url_),
                   [&](std::exception_ptr thrown, Result<HttpResponse> result) {
                       if (thrown) std::rethrow_exception(thrown);
                       answer = std::move(result);
                   });
    loop.run();
    return *std::move(answer);
}

}  // namespace mayfly::io
