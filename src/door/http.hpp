// A request and a response as plain values: all the rest of the door knows of HTTP. RFC 9110, 9112.
#pragma once

#include "base/result.hpp"
#include "io/task.hpp"
#include "io/turns.hpp"
#include "model/call.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly {
class RequestBody;  // engine/request_body.hpp
}

namespace mayfly::door {

// Header fields in the order they came. Names are kept as sent and compared without case.
class Headers {
public:
    using Field = std::pair<std::string, std::string>;

    void add(std::string name, std::string value) {
        if (fields_.empty()) fields_.reserve(kUsual);
        fields_.emplace_back(std::move(name), std::move(value));
    }
    // The value of the first field of that name; empty if there is none (use `has` to tell apart).
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;

    std::span<const Field> fields() const { return fields_; }
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    static constexpr std::size_t kUsual = 12;  // of a request or an answer
    std::vector<Field> fields_;
};

// A body that is read while it comes. Only a server that streams has one.
class BodyReader {
public:
    virtual ~BodyReader() = default;

    // The next bytes, de-chunked; empty at the end. The view lives until the next call. A client
    // that waits to be asked for its body is asked by the first call: whoever refuses a request
    // refuses it before. invalid (IncompleteBody): the client stopped in the middle, or broke the
    // framing.
    virtual Task<Result<std::string_view>> next() = 0;
};

// A body that is made while it is sent.
class BodySource {
public:
    virtual ~BodySource() = default;

    // The next bytes; empty at the end. After an error the connection is cut, so that no client
    // takes the part for the whole.
    virtual Task<Result<std::string>> next() = 0;
};

struct Request {
    CallerGone* caller_gone = nullptr;  // told when the client is gone; where the server watches
    std::string method;                 // "GET", as sent
    std::string target;                 // path and query exactly as sent
    std::string_view path;              // the part of target before '?', still percent-encoded
    std::string_view query;             // the part after '?', empty if there is none
    Headers headers;
    std::string client_ip;
    std::uint64_t payer = 0;              // see is_paid_by()
    bool from_sandbox = false;            // a function sent it, from inside
    std::optional<CausedBy> caused_by{};  // the event of the call whose key signed it
    std::string body;                     // de-chunked
    bool body_too_large = false;     // the body was longer than its limit: it was read and dropped
    BodyReader* incoming = nullptr;  // what follows `body`, where the server streams
    // Instead of reading `incoming`: has the server do it, beside the answer and until its end.
    std::function<void(std::shared_ptr<RequestBody>)> pass_on{};

    // Once it is known: the accounts' requests take turns on the loop (io/turns.hpp).
    void is_paid_by(std::string_view account) { payer = io::party_of(account); }
};

struct Response {
    int status = 200;
    Headers headers;  // Content-Length, Date, Connection are the server's business
    std::string body;
    std::unique_ptr<BodySource> more{};     // what follows `body`
    std::optional<std::uint64_t> length{};  // of all of it; without `more`, that of `body` if there
                                            // is none. With `more` and without it, nobody knows
};

// Answers one request, which lives until the task is done; whoever needs its body last may take it,
// for copying a package would hold the loop up. An exception that escapes becomes a 500
// (front.cpp).
using Handler = std::function<Task<Response>(Request&)>;

// How the body of a request is taken: whole, if it has so many bytes at most; or, if it has more
// than `streams_over` or nobody knows how many, while it comes, without limit.
struct BodyPlan {
    std::size_t bytes_max = 0;
    std::optional<std::size_t> streams_over{};
};

// By the method and the path of a request.
using BodyPlans = std::function<BodyPlan(std::string_view method, std::string_view path)>;

// The parameters of a query string, decoded ('+' is a space), in order. "a" and "a=" both give "".
std::vector<std::pair<std::string, std::string>> query_parameters(std::string_view query);

}  // namespace mayfly::door
