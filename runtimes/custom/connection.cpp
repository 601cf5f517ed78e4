#include "custom/connection.hpp"

#include "custom/response_parser.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace mayfly::custom {

namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::system::error_code;

// Something came, or the other end is gone: a kept connection should hear nothing.
bool is_disturbed(const Fd& socket) {
    pollfd look{.fd = socket.get(), .events = POLLIN | POLLRDHUP, .revents = 0};
    return ::poll(&look, 1, 0) != 0;
}

// Two ends of one socket: where nobody listens on a port of the ephemeral range, connect(2) may
// meet itself.
bool is_connected_to_itself(const Fd& socket) {
    sockaddr_in own{}, peer{};
    socklen_t size = sizeof own;
    ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
    size = sizeof peer;
    ::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &size);
    return own.sin_port == peer.sin_port;
}

}  // namespace

Fd connect_to(std::uint16_t port) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!socket ||
        ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return Fd{};
    if (is_connected_to_itself(socket)) {
        errno = ECONNREFUSED;
        return Fd{};
    }
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

// One request on its way, and its answer as it comes.
struct Connection::Attempt {
    enum class End { whole, broken, late };

    Attempt(const Fd& socket, const Request& request, PartsTaker* taker, BodyGiver* giver)
        : socket_(socket.get()), request_(request), taker_(taker), giver_(giver) {
        await_answer();
        if (giver) frame(request.body);
    }

    End run(std::optional<Time> deadline) {
        send_more();
        while (!parser_->is_done() && !left_) {
            const bool gives = giver_ && !given_all_ && nothing_to_send();
            const auto signs = gives ? giver_->signs() : std::array{-1, -1};
            pollfd looked[] = {
                {socket_, static_cast<short>(nothing_to_send() ? POLLIN : POLLIN | POLLOUT), 0},
                {signs[0], POLLIN, 0},
                {signs[1], POLLIN, 0}};
            const int ready = ::poll(looked, 3, time_left(deadline));
            if (ready < 0 && errno != EINTR) return broke(std::strerror(errno));
            if (ready == 0) return End::late;
            if (looked[1].revents != 0 || looked[2].revents != 0) giver_->heed();
            if (gives || (looked[0].revents & POLLOUT) != 0) send_more();
            if ((looked[0].revents & ~POLLOUT) != 0 && !receive_more()) return End::broken;
        }
        return End::whole;
    }

    Response take() { return std::move(parser_->response()); }
    const std::string& why() const { return why_; }
    bool has_begun_to_answer() const { return begun_; }
    bool has_used_up_its_request() const { return given_; }
    bool may_be_kept() const {
        return all_sent() && !cut_short_ && !left_ && parser_->keep_alive() && unread_.empty();
    }

private:
    static int time_left(std::optional<Time> deadline) {
        if (!deadline) return -1;
        const auto left = std::chrono::ceil<Millis>(*deadline - SystemClock().now());
        return static_cast<int>(std::max<Millis::rep>(left.count(), 0));
    }

    void await_answer() { parser_.emplace(request_.method == "HEAD", taker_ != nullptr); }

    // What of an answer in parts has come goes to whoever takes it.
    void pass_on() {
        if (!taker_ || left_ || (!passed_on_ && !parser_->comes_in_parts())) return;
        passed_on_ = true;
        auto& response = parser_->response();
        left_ = !taker_->take(response, response.body);
        response.body.clear();
    }

    bool nothing_to_send() const {
        return sent_ == request_.head.size() + body().size() + framed_.size();
    }
    bool all_sent() const { return nothing_to_send() && (!giver_ || given_all_); }

    // What is sent as it is: what comes in pieces is framed.
    std::string_view body() const { return giver_ ? std::string_view() : request_.body; }

    void frame(std::string_view piece) {
        if (piece.empty()) return;
        framed_ += request_.chunked ? fmt::format("{:x}\r\n{}\r\n", piece.size(), piece)
                                    : std::string(piece);
    }

    void send_more() {
        do send_what_is_here();
        while (nothing_to_send() && take_more());
    }

    // What was given since. False: nothing.
    bool take_more() {
        if (!giver_ || given_all_) return false;
        const auto piece = giver_->give();
        given_ = given_ || !piece.bytes.empty();
        sent_ -= std::exchange(framed_, {}).size();
        frame(piece.bytes);
        given_all_ = piece.end != BodyGiver::Piece::End::none;
        cut_short_ = piece.end == BodyGiver::Piece::End::cut_short;
        if (given_all_ && !cut_short_ && request_.chunked) framed_ += "0\r\n\r\n";
        return !framed_.empty() || cut_short_;
    }

    // A program may answer and close before it has read all: its answer is worth more than our
    // error, which reading will meet.
    void send_what_is_here() {
        while (!nothing_to_send()) {
            std::string_view left[] = {request_.head, body(), framed_};
            iovec parts[3];
            auto skip = sent_;
            for (int i = 0; i < 3; ++i) {
                const auto gone = std::min(skip, left[i].size());
                skip -= gone;
                left[i].remove_prefix(gone);
                parts[i] = {const_cast<char*>(left[i].data()), left[i].size()};
            }
            msghdr message{};
            message.msg_iov = parts;
            message.msg_iovlen = 3;
            const auto n = ::sendmsg(socket_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
            if (n < 0) give_up_sending();
            else sent_ += static_cast<std::size_t>(n);
        }
        if (cut_short_) ::shutdown(socket_, SHUT_WR);  // the program shall know
    }

    void give_up_sending() {
        sent_ = request_.head.size() + body().size() + framed_.size();
        given_all_ = true;
    }

    bool receive_more() {
        char block[65536];
        const auto n = ::recv(socket_, block, sizeof block, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        if (n < 0) return cut_off(std::strerror(errno));
        if (n == 0) return at_end();
        begun_ = true;
        unread_.append(block, static_cast<std::size_t>(n));
        return parse();
    }

    bool at_end() {
        ErrorCode error;
        if (parser_->got_some()) parser_->put_eof(error);  // an answer may last until then
        return (parser_->is_done() && !error) || cut_off("it was closed");
    }

    bool cut_off(const char* how) {
        broke(begun_ ? fmt::format("broke off in the middle of an answer: {}", how)
                     : fmt::format("brought no answer: {}", how));
        return false;
    }

    bool parse() {
        ErrorCode error;
        unread_.erase(0, parser_->put(boost::asio::buffer(unread_), error));
        if (error && error != http::error::need_more) {
            broke("brought what is not an HTTP/1.1 answer within its limits: " + error.message());
            return false;
        }
        if (!parser_->is_done() && unread_.size() > kResponseHeaderBytesMax) {
            broke("brought a line without end");
            return false;
        }
        const int status = parser_->response().status;
        pass_on();
        if (!parser_->is_done() || status / 100 != 1) return true;
        if (status == 101) {
            broke("was to become another protocol's, which nobody asked for");
            return false;
        }
        await_answer();  // it only announced it
        return unread_.empty() || parse();
    }

    End broke(std::string why) {
        why_ = std::move(why);
        return End::broken;
    }

    const int socket_;
    const Request& request_;
    PartsTaker* const taker_;
    BodyGiver* const giver_;
    std::optional<ResponseParser> parser_;
    std::size_t sent_ = 0;  // of the head, the body and framed_
    std::string framed_;    // of what was given, or came with the request
    bool given_ = false, given_all_ = false, cut_short_ = false;
    std::string unread_, why_;
    bool begun_ = false;
    bool passed_on_ = false, left_ = false;  // in parts; and their reader has left
};

Result<Response> Connection::exchange(const Request& request, std::optional<Millis> limit,
                                      PartsTaker* taker, BodyGiver* giver) {
    std::optional<Time> deadline;
    if (limit) deadline = SystemClock().now() + *limit;
    for (;;) {
        if (socket_ && is_disturbed(socket_)) socket_.reset();
        const bool kept{socket_};
        if (!kept) socket_ = connect_to(port_);
        if (!socket_)
            return fail(Kind::failed, fmt::format("the function's program takes no connection on "
                                                  "port {}: {}",
                                                  port_, std::strerror(errno)));
        Attempt attempt(socket_, request, taker, giver);
        const auto end = attempt.run(deadline);
        if (end != Attempt::End::whole || !attempt.may_be_kept()) socket_.reset();
        if (end == Attempt::End::whole) return attempt.take();
        if (end == Attempt::End::late)
            return fail(Kind::timed_out, "the function's program did not answer in time");
        if (!kept || attempt.has_begun_to_answer() || attempt.has_used_up_its_request() ||
            request.once || !is_idempotent(request.method))
            return fail(Kind::failed, "the connection to the function's program " + attempt.why());
    }
}

}  // namespace mayfly::custom
