#include "io/http_connection.hpp"

#include <boost/asio/as_tuple.hpp>
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
using ErrorCode = boost::system::error_code;
constexpr auto as_value = asio::as_tuple(asio::use_awaitable);

http::request<http::string_body> to_beast(const HttpRequest& request, std::string_view host,
                                          bool keep) {
    http::request<http::string_body> message;
    message.method_string(request.method);
    message.target(request.target);
    message.version(11);
    for (const auto& [name, value] : request.headers) message.insert(name, value);
    message.set(http::field::host, std::string(host));
    message.keep_alive(keep);
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

}  // namespace

struct HttpConnection::State {
    State(asio::any_io_executor l, const HttpClient& p) : loop(std::move(l)), peer(p) {}

    Failure away(const ErrorCode& error, std::string_view doing, Millis limit);

    asio::any_io_executor loop;
    const HttpClient& peer;
    std::optional<beast::tcp_stream> stream;
    beast::flat_buffer buffer;  // what came beyond the last response
};

HttpConnection::HttpConnection(asio::any_io_executor loop, const HttpClient& peer)
    : state_(std::make_unique<State>(std::move(loop), peer)) {}
HttpConnection::~HttpConnection() = default;

bool HttpConnection::is_open() const { return state_->stream.has_value(); }

Failure HttpConnection::State::away(const ErrorCode& error, std::string_view doing, Millis limit) {
    stream.reset();
    buffer.clear();
    const auto& where = peer.base_url();
    if (error == beast::error::timeout) {
        return fail(Kind::timed_out,
                    where + " did not answer within " + std::to_string(limit.count()) + " ms");
    }
    return fail(Kind::unavailable, std::string(doing) + " " + where + ": " + error.message());
}

// `limit` is for the whole exchange: the stream's timer runs on from connecting to the last byte.
Task<Result<HttpResponse>> HttpConnection::exchange(const HttpRequest& request, Millis limit,
                                                    bool keep) {
    auto& s = *state_;
    if (!s.stream) {
        asio::ip::tcp::resolver resolver(s.loop);
        const auto [unresolved, hosts] =
            co_await resolver.async_resolve(s.peer.host(), s.peer.port(), as_value);
        if (unresolved) co_return s.away(unresolved, "cannot find", limit);
        s.stream.emplace(s.loop);
        s.stream->expires_after(limit);
        const auto [unconnected, at] = co_await s.stream->async_connect(hosts, as_value);
        if (unconnected) co_return s.away(unconnected, "cannot reach", limit);
        ErrorCode ignored;
        s.stream->socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    } else {
        s.stream->expires_after(limit);
    }
    const auto message =
        to_beast(request, std::string_view(s.peer.base_url()).substr(7), keep);  // after http://
    // A server may answer and close before it has read all: its answer is worth more than our
    // error.
    const auto [unsent, sent] = co_await http::async_write(*s.stream, message, as_value);
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    parser.skip(request.method == "HEAD");
    const auto [unread, got] = co_await http::async_read(*s.stream, s.buffer, parser, as_value);
    if (unread) co_return s.away(unsent ? unsent : unread, "lost the connection to", limit);
    if (unsent || !keep || !parser.get().keep_alive()) {
        s.stream.reset();
        s.buffer.clear();
    }
    co_return from_beast(parser.release());
}

}  // namespace mayfly::io
