// A request of API 2016-08-15, taken apart. Used by fc2016*.cpp only.
#pragma once

#include "door/fc2016.hpp"

#include <boost/json/object.hpp>

namespace mayfly::door {

struct Fc2016::Asked {
    Request& request;  // its body goes to whoever reads it
    const AccountId& account;
    std::string id;         // the request id
    std::string service;    // from {service}: what stands before the first dot
    std::string qualifier;  // and after it
    std::string function;
    std::string item;  // {item}: a trigger, version or alias
    std::string layer;
};

struct Fc2016::Path {
    std::string_view method;
    std::string_view
        pattern;  // after the prefix; {service}, {function}, {layer} and {item} take one part each
    Answer (Fc2016::*answer)(const Asked&);
};

// 200 with a JSON body, and an ETag header if there is one.
Response json_response(const boost::json::object& body, const std::string& etag = {});

// 204: done, nothing to say.
Response no_content();

// limit, nextToken, prefix, startKey; empty values count as absent. invalid: limit is not a number.
Result<catalog::ListQuery> list_query(const Request& request);

// A package inside of JSON takes long to read; the loop must not wait for it. Takes the body.
inline constexpr std::size_t body_bytes_quick = 64 * 1024;

template <class Input>
Task<Result<Input>> read_package_body(io::BlockingPool& pool, Request& request,
                                      Result<Input> (*read)(std::string_view)) {
    if (request.body.size() <= body_bytes_quick) co_return read(request.body);
    co_return co_await io::blocking(pool,
                                    [read, body = std::move(request.body)] { return read(body); });
}

// What a call's headers ask for. invalid: X-Fc-Invocation-Type or X-Fc-Log-Type has a value that is
// not allowed.
struct CallWish {
    bool async = false;  // nobody waits for its answer
    bool log = false;    // its log, with the answer
};
Result<CallWish> read_call_headers(const Headers& headers);

// FC's headers about a call that ran: its duration, memory, instance, error, and log if it is
// wanted.
void add_call_headers(Headers& headers, const Reply& reply, bool wants_log);

// Those of them that are known while it runs.
void add_first_call_headers(Headers& headers, const Reply& reply);

// invalid (EntityTooLarge): the body is over `bytes_max`.
Result<void> check_event(const Request& request, std::uint64_t bytes_max);

// Where the caller reached us; some clients leave the port out of Host, and then only we know it.
std::string reached_at(const Request& request, const std::string& api_url);

}  // namespace mayfly::door
