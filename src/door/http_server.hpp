// Bytes ↔ Request and Response: HTTP/1.1 with keep-alive and pipelining (RFC 9112), limits and
// timeouts.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "door/http.hpp"
#include "io/timers.hpp"
#include "io/turns.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace boost::asio {
class io_context;
}

namespace mayfly::door {

// Loop thread only. Destroying it closes every connection.
class HttpServer {
public:
    struct Options {
        std::size_t header_bytes_max = 16u << 10;  // beyond it: 431, and the connection ends
        std::size_t dropped_bytes_max =
            512u << 20;                   // of a body over its limit; beyond it the connection ends
        int connections_max = 10'000;     // further ones wait in the kernel's queue
        int connections_max_inside = 64;  // of one sandbox
        Seconds header_time_max{30};  // from the first byte of a request to the end of its header
        Seconds body_time_max{300};   // and to the end of its body
        Seconds idle_time_max{120};   // between requests; FC's clients count on at least 90
        bool streams = false;         // every request has its `incoming`, whatever its body
        Seconds stall_time_max{60};   // of a body that streams: without a byte in or out
    };

    // What is longer than its plan allows is read and dropped, and the handler sees body_too_large,
    // so that a client can read why.
    HttpServer(boost::asio::io_context& loop, io::Timers& timers, io::Turns& turns, const Log& log,
               Options options, Handler handler, BodyPlans plans);
    ~HttpServer();

    // Listens on "HOST:PORT"; port 0 takes a free one. Returns the port.
    // invalid: not an address; unavailable: taken or not allowed, with the remedy.
    Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

    // Serves whoever connects to a socket that listens already, as long as the returned handle
    // lives; at most `connections_max_inside` at once, others wait in the kernel's queue.
    std::shared_ptr<void> serve(Fd listening);

    // No new connection; those that are idle end, the others after their present answer.
    void drain();
    std::size_t connections() const;

    // Answers that are sent while they are made, or are not all sent yet.
    std::size_t open_answers() const;

private:
    struct State;
    std::shared_ptr<State> state_;  // shared with the connections' coroutines
};

}  // namespace mayfly::door
