// One kept-alive connection to the function's program.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "custom/request.hpp"
#include "custom/response.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace mayfly::custom {

// A connection to 127.0.0.1:port, or -1 with errno set.
Fd connect_to(std::uint16_t port);

// Takes an answer that does not come whole.
class PartsTaker {
public:
    virtual ~PartsTaker() = default;

    // The next piece of its body, and each time the head. Waits as long as its reader does. False:
    // nobody reads the rest.
    virtual bool take(const Response& head, std::string_view piece) = 0;
};

// Gives the body of a request that does not come whole.
class BodyGiver {
public:
    struct Piece {
        enum class End : std::uint8_t { none, whole, cut_short };

        std::string bytes;
        End end = End::none;
    };

    virtual ~BodyGiver() = default;

    // What came of it since; does not wait. Asks for more.
    virtual Piece give() = 0;

    // What to wait for, until there may be more, and what to do then (Inbox).
    virtual std::array<int, 2> signs() = 0;
    virtual void heed() = 0;
};

// One thread at a time. Opened when it is needed; one that the program has closed meanwhile is
// opened again.
class Connection {
public:
    explicit Connection(std::uint16_t port, Fd open = {}) : port_(port), socket_(std::move(open)) {}

    // Sends a request and waits for the whole answer, which may begin before all is sent. With a
    // `taker` the body of an answer that is long, or comes slowly, goes there piece by piece. One
    // whose reader has left ends as if it had no more. With a `giver` what it gives follows the
    // body of the request.
    //
    // What broke is sent again only if that is safe: on a kept connection that brought no byte of
    // an answer, and if the method is idempotent. An event is not: the program may have it. Nor is
    // what was given: nobody has it any more.
    //
    // failed: the program closed the connection, takes none, or answered something that is not
    // HTTP/1.1 or over the limits. timed_out: `limit` passed.
    Result<Response> exchange(const Request& request, std::optional<Millis> limit = {},
                              PartsTaker* taker = nullptr, BodyGiver* giver = nullptr);

private:
    struct Attempt;

    std::uint16_t port_;
    Fd socket_;
};

}  // namespace mayfly::custom
