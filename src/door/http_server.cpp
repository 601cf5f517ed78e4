#include "door/http_server.hpp"

#include "base/text.hpp"
#include "door/callers_watch.hpp"
#include "door/http_parser.hpp"
#include "door/http_text.hpp"
#include "engine/request_body.hpp"
#include "io/departures.hpp"
#include "io/one_shot.hpp"
#include "workers/wire.hpp"

#include <fmt/chrono.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <sys/socket.h>

#include <list>
#include <vector>

namespace mayfly::door {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
using ErrorCode = boost::system::error_code;

namespace {

constexpr auto awaiting = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kHeaderPiece = 8u << 10, kBodyPiece = workers::kBodyPieceBytes,
                      kStreamPiece = 256u << 10;  // bytes asked of the kernel at once
constexpr auto kSweepEvery = Seconds{1};          // how exactly the timeouts are kept

// A socket that listens, and how many of its connections are open.
struct Doorway {
    tcp::acceptor acceptor;
    int connections_max;
    bool is_inside = false;  // of a sandbox
    int connections = 0;
    bool full = false;
};

struct Connection {
    tcp::socket socket;
    std::string client_ip;
    Time deadline;                     // the sweep closes the socket when it has passed
    Time body_deadline = Time::max();  // and its receiving side after this, of a body that streams
    bool busy = false;                 // between a request's first byte and its answer's last
    std::uint64_t payer = 0;           // of its last request
    CallerGone gone{};   // while its request is answered; look_after_callers() heeds it
    bool asked = false;  // whether the client is still there
    std::string_view question = ask_by_interim;  // how; empty while something is being sent
};

}  // namespace

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
    State(asio::io_context& io, io::Timers& t, io::Turns& n, const Log& l, Options o, Handler h,
          BodyPlans p)
        : loop(io),
          main(std::make_shared<Doorway>(tcp::acceptor(io), o.connections_max)),
          timers(t),
          turns(n),
          log(l),
          options(o),
          handler(std::move(h)),
          plans(std::move(p)) {}

    using Place = std::list<Connection>::iterator;

    // `doorway` is shared with its handle and with its connections.
    static Task<> accept(std::shared_ptr<State> self, std::shared_ptr<Doorway> doorway) {
        auto& acceptor = doorway->acceptor;
        for (;;) {
            auto [error, socket] = co_await acceptor.async_accept(awaiting);
            if (error == asio::error::operation_aborted || !acceptor.is_open()) co_return;
            if (error) {  // out of descriptors: the sweep frees some
                self->log.warn("accept: {}", error.message());
                co_await self->timers.until(self->timers.now() + Millis{100});
                continue;
            }
            ErrorCode ignored;
            socket.set_option(tcp::no_delay(true), ignored);
            socket.non_blocking(true, ignored);
            const auto from = socket.remote_endpoint(ignored).address();
            const auto place = self->connections.insert(
                self->connections.end(), {std::move(socket), from.to_string(),
                                          self->timers.now() + self->options.idle_time_max});
            asio::co_spawn(self->loop, serve(self, place, doorway), asio::detached);
            if (++doorway->connections >= doorway->connections_max) {
                doorway->full = true;
                co_return;  // goes on when one has ended
            }
        }
    }

    static Task<> serve(std::shared_ptr<State> self, Place place,
                        std::shared_ptr<Doorway> doorway) {
        try {
            co_await self->converse(*place, doorway->is_inside);
        } catch (const std::exception& e) {
            self->log.error("a connection failed: {}", e.what());
        }
        self->connections.erase(place);
        --doorway->connections;
        if (std::exchange(doorway->full, false) && doorway->acceptor.is_open())
            asio::co_spawn(self->loop, accept(self, doorway), asio::detached);
    }

    // One request after the other until either side has enough.
    Task<> converse(Connection& connection, bool is_inside) {
        boost::beast::flat_buffer buffer;
        for (bool more = true; more && !draining;) {
            RequestParser parser(plans, options.dropped_bytes_max, options.streams);
            parser.header_limit(static_cast<std::uint32_t>(options.header_bytes_max));
            connection.deadline = timers.now() + options.idle_time_max;
            connection.busy = false;
            const ErrorCode error = co_await read(connection, buffer, parser);
            if (error) {
                if (is_protocol_error(error))
                    co_await write(connection, refusal(error), Framing::length, false, false);
                co_return;
            }
            connection.deadline = Time::max();  // a function has its own time limit
            parser.request().client_ip = connection.client_ip;
            parser.request().from_sandbox = is_inside;
            // A client of HTTP/1.0 cannot be asked whether it is there.
            if (parser.is_http_1_1()) parser.request().caller_gone = &connection.gone;
            connection.asked = false;
            if (options.streams || !parser.is_done()) {
                more = co_await answer_streaming(connection, buffer, parser);
                continue;
            }
            const auto response = co_await response_to(connection, parser.request());
            connection.deadline = timers.now() + options.body_time_max;
            const auto framing = framing_of(response, parser.is_http_1_1());
            more = parser.keep_alive() && !draining && framing != Framing::close;
            more = co_await answer(connection, response, framing, more,
                                   parser.request().method == "HEAD") &&
                   more;
        }
        ErrorCode ignored;
        connection.socket.shutdown(tcp::socket::shutdown_send, ignored);
    }

    Task<Response> response_to(Connection& connection, Request& request) {
        auto response = co_await handler(request);
        if (!response.more) connection.gone.tell = nullptr;
        connection.payer = request.payer;
        co_return response;
    }

    // Feeds the parser until it has a whole request, or the header of one whose body streams. What
    // came beyond it stays in the buffer.
    Task<ErrorCode> read(Connection& connection, boost::beast::flat_buffer& buffer,
                         RequestParser& parser) {
        for (bool told_to_go_on = false;;) {
            if (buffer.size()) {
                if (!std::exchange(connection.busy, true)) {
                    connection.deadline = timers.now() + options.header_time_max;
                    co_await turns.take(connection.payer, io::Work::request);
                }
                ErrorCode error;
                buffer.consume(parser.put(buffer.data(), error));
                if (error && error != http::error::need_more) co_return error;
                if (parser.is_done() || (parser.is_header_done() && parser.streams()))
                    co_return ErrorCode{};
                if (parser.is_header_done() && !std::exchange(told_to_go_on, true)) {
                    connection.deadline = timers.now() + options.body_time_max;
                    if (const auto refused = co_await go_on(connection, parser)) co_return refused;
                }
            }
            auto [error, n] = co_await connection.socket.async_read_some(
                buffer.prepare(parser.is_header_done() ? kBodyPiece : kHeaderPiece), awaiting);
            if (error == asio::error::eof && parser.got_some())
                co_return http::error::partial_message;
            if (error) co_return error;
            buffer.commit(n);
        }
    }

    // The body of a request as its handler reads it.
    struct Incoming final : BodyReader {
        Incoming(State& s, Connection& c, boost::beast::flat_buffer& b, RequestParser& p)
            : self(s), connection(c), buffer(b), parser(p) {}

        Task<Result<std::string_view>> next() override {
            for (piece.clear();;) {
                std::swap(piece, parser.request().body);
                if (!piece.empty()) co_return std::string_view(piece);
                if (answering && !asked && waits_to_be_asked(parser))
                    co_return fail(Kind::invalid, "the body was not asked for before the answer",
                                   "IncompleteBody");
                // Also for an empty body: botocore takes an answer that comes at once for a
                // refusal, and sends no body of its next request.
                if (!std::exchange(asked, true)) (void)co_await self.go_on(connection, parser);
                if (parser.is_done()) co_return std::string_view();
                // A socket that has said its end says it once: whoever reads on waits.
                if (!ended && !co_await self.feed(connection, buffer, parser)) continue;
                ended = true;
                co_return fail(Kind::invalid, "the request's body ended before its end",
                               "IncompleteBody");
            }
        }

        // Passes it on from now on, until its end or that of its answer.
        void pass_on(std::shared_ptr<RequestBody> to) {
            passing = std::move(to);
            asio::co_spawn(self.loop, pass(), asio::detached);
        }
        Task<> pass() {
            while (co_await passing->wanted()) {
                const auto next_piece = co_await next();
                if (!next_piece || next_piece->empty()) passing->end(next_piece.has_value());
                else passing->add(*next_piece);
            }
            passed.give(true);
        }
        Task<> stop_passing() {
            if (!passing) co_return;
            passing->end(false);
            (void)co_await passed.wait();
        }

        State& self;
        Connection& connection;
        boost::beast::flat_buffer& buffer;
        RequestParser& parser;
        std::string piece;
        bool asked = false;      // the client knows that its body is wanted
        bool answering = false;  // nothing else may be said to it now
        bool ended = false;      // before the body's end
        std::shared_ptr<RequestBody> passing{};
        io::OneShot<bool> passed;
    };

    // Some more bytes of a body for the parser.
    Task<ErrorCode> feed(Connection& connection, boost::beast::flat_buffer& buffer,
                         RequestParser& parser) {
        connection.body_deadline = timers.now() + options.stall_time_max;
        auto [error, n] = co_await connection.socket.async_read_some(
            buffer.prepare(options.streams ? kStreamPiece : kBodyPiece), awaiting);
        connection.body_deadline = Time::max();
        if (error) co_return error;
        buffer.commit(n);
        ErrorCode bad;
        buffer.consume(parser.put(buffer.data(), bad));
        co_return bad == http::error::need_more ? ErrorCode{} : bad;
    }

    // The header is here; the handler reads the body as it comes, and the answer is sent as it is
    // made. True if the connection can take another request.
    Task<bool> answer_streaming(Connection& connection, boost::beast::flat_buffer& buffer,
                                RequestParser& parser) {
        Incoming incoming(*this, connection, buffer, parser);
        auto& request = parser.request();
        request.incoming = &incoming;
        request.pass_on = [&](std::shared_ptr<RequestBody> to) { incoming.pass_on(std::move(to)); };
        auto response = co_await response_to(connection, request);
        incoming.answering = true;
        // A client that was refused before it sent its body may send it or not: nobody knows.
        const bool unasked = !parser.is_done() && !incoming.asked && waits_to_be_asked(parser);
        const auto framing = framing_of(response, parser.is_http_1_1());
        const bool more = parser.keep_alive() && !draining && !unasked && framing != Framing::close;
        connection.deadline = timers.now() + options.stall_time_max;
        const bool sent =
            co_await answer(connection, response, framing, more, request.method == "HEAD");
        if (!sent) shut(connection);  // what is passed on ends with it
        co_await incoming.stop_passing();
        if (!sent) co_return false;
        connection.deadline = timers.now() + options.body_time_max;
        // What was not read is dropped, so that the client gets to read why.
        for (std::size_t dropped = 0; !unasked && !parser.is_done();) {
            const auto piece = co_await incoming.next();
            if (!piece) co_return false;
            dropped += piece->size();
            if (dropped > options.dropped_bytes_max) co_return false;
        }
        co_return more;
    }

    // All of it. False: the connection is of no more use.
    Task<bool> answer(Connection& connection, const Response& response, Framing framing,
                      bool keep_alive, bool head) {
        connection.question = {};
        bool sent = co_await write(connection, response, framing, keep_alive, head);
        if (sent && response.more && !head) {
            ++open_answers;
            sent = co_await write_rest(connection, *response.more, framing);
            --open_answers;
        }
        connection.gone.tell = nullptr;
        connection.question = ask_by_interim;
        co_return sent;
    }

    // What a source cannot go on with is cut: chunks lack their last one then, and a length its
    // last bytes.
    Task<bool> write_rest(Connection& connection, BodySource& source, Framing framing) {
        const bool chunks = framing == Framing::chunks;
        for (connection.asked = false;;) {
            connection.deadline = Time::max();
            if (chunks) connection.question = ask_by_zero;
            auto piece = co_await source.next();
            connection.question = {};
            if (!piece && piece.error().kind != Kind::failed)  // that is the function's own affair
                log.error("an answer was cut short: {}", piece.error().what);
            if (!piece) co_return false;
            if (piece->empty()) co_return !chunks || co_await send(connection, last_chunk);
            if (chunks) *piece = chunk(*piece);
            if (!co_await send(connection, *piece)) co_return false;
        }
    }

    // All of it, as long as the client takes some of it now and then.
    Task<bool> send(Connection& connection, std::string_view text) {
        while (!text.empty()) {
            connection.deadline = timers.now() + options.stall_time_max;
            auto [error, n] =
                co_await connection.socket.async_write_some(asio::buffer(text), awaiting);
            if (error) co_return false;
            text.remove_prefix(n);
        }
        co_return true;
    }

    static bool waits_to_be_asked(RequestParser& parser) {
        return iequals(parser.request().headers.get("Expect"), "100-continue");
    }

    // The header is here, the body is not, and the client may wait to be asked for it.
    Task<ErrorCode> go_on(Connection& connection, RequestParser& parser) {
        static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        if (!waits_to_be_asked(parser)) co_return ErrorCode{};
        auto [error, n] =
            co_await asio::async_write(connection.socket, asio::buffer(go_on), awaiting);
        co_return error;
    }

    // The kernel takes most answers at once; what it does not take is waited for.
    Task<bool> write(Connection& connection, const Response& response, Framing framing,
                     bool keep_alive, bool head) {
        const auto text = serialized(response, framing, keep_alive, head, date());
        ssize_t sent = 0;
        co_await departures.leave([&] {
            sent =
                ::send(connection.socket.native_handle(), text.data(), text.size(), MSG_NOSIGNAL);
        });
        const auto taken = sent > 0 ? static_cast<std::size_t>(sent) : 0;
        if (taken == text.size()) co_return true;
        auto [error, n] =
            co_await asio::async_write(connection.socket, asio::buffer(text) + taken, awaiting);
        co_return !error;
    }

    // Made once a second.
    std::string_view date() {
        const auto now = std::chrono::time_point_cast<Seconds>(timers.wall());
        if (now != date_of) {
            date_of = now;
            date_text = fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}",
                                    fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
        }
        return date_text;
    }

    void look_after_callers() {
        std::vector<Waiting> waiting;
        for (auto& c : connections)
            if (c.gone.tell)
                waiting.push_back({c.socket.native_handle(), &c.gone, &c.asked, c.question});
        // Telling one may end its connection.
        for (const auto& caller : callers_gone(waiting)) caller.tell();
    }

    void sweep() {
        look_after_callers();
        const Time now = timers.now();
        for (auto& connection : connections) {
            if (connection.body_deadline <= now) {  // whoever reads it hears of its end
                ErrorCode ignored;
                connection.socket.shutdown(tcp::socket::shutdown_receive, ignored);
                connection.body_deadline = Time::max();
            }
            if (connection.deadline > now && !(draining && !connection.busy)) continue;
            shut(connection);
        }
        alarm->set(now + kSweepEvery);
    }

    static void shut(Connection& connection) {
        ErrorCode ignored;
        connection.socket.cancel(ignored);
        connection.socket.shutdown(tcp::socket::shutdown_both, ignored);
        connection.deadline = Time::max();
    }

    asio::io_context& loop;
    std::shared_ptr<Doorway> main;
    io::Timers& timers;
    io::Turns& turns;
    io::Departures departures{loop};
    const Log& log;
    const Options options;
    const Handler handler;
    const BodyPlans plans;
    std::unique_ptr<io::Alarm> alarm;
    std::list<Connection> connections;
    bool draining = false;
    std::size_t open_answers = 0;
    std::chrono::time_point<std::chrono::system_clock, Seconds> date_of{};
    std::string date_text;
};

HttpServer::HttpServer(asio::io_context& loop, io::Timers& timers, io::Turns& turns, const Log& log,
                       Options options, Handler handler, BodyPlans plans)
    : state_(std::make_shared<State>(loop, timers, turns, log, options, std::move(handler),
                                     std::move(plans))) {
    state_->alarm = timers.alarm([state = state_.get()] { state->sweep(); });
    state_->sweep();
}

HttpServer::~HttpServer() {
    drain();
    state_->alarm.reset();
    for (auto& connection : state_->connections) {
        ErrorCode ignored;
        connection.socket.close(ignored);
    }
}

Result<std::uint16_t> HttpServer::listen(const std::string& host, std::uint16_t port) {
    ErrorCode error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error)
        return fail(Kind::invalid,
                    fmt::format("'{}' is not an IP address; write 127.0.0.1:7400, say", host));
    auto& acceptor = state_->main->acceptor;
    const tcp::endpoint endpoint(address, port);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(4096, error);
    if (error) {
        ErrorCode ignored;
        acceptor.close(ignored);
        return fail(Kind::unavailable,
                    fmt::format("cannot listen on {}:{}: {}; choose another with --listen", host,
                                port, error.message()));
    }
    asio::co_spawn(state_->loop, State::accept(state_, state_->main), asio::detached);
    return acceptor.local_endpoint().port();
}

std::shared_ptr<void> HttpServer::serve(Fd listening) {
    const auto doorway = std::make_shared<Doorway>(tcp::acceptor(state_->loop),
                                                   state_->options.connections_max_inside, true);
    ErrorCode error;
    doorway->acceptor.assign(tcp::v4(), listening.release(), error);
    if (error) {
        state_->log.error("a sandbox's door cannot be served: {}", error.message());
        return nullptr;
    }
    asio::co_spawn(state_->loop, State::accept(state_, doorway), asio::detached);
    return {doorway.get(), [doorway](void*) {
                ErrorCode ignored;
                doorway->acceptor.close(ignored);
            }};
}

void HttpServer::drain() {
    state_->draining = true;
    ErrorCode ignored;
    state_->main->acceptor.close(ignored);
    state_->sweep();
}

std::size_t HttpServer::connections() const { return state_->connections.size(); }

std::size_t HttpServer::open_answers() const { return state_->open_answers; }

}  // namespace mayfly::door
