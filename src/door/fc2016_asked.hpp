// A request of API 2016-08-15, taken apart. Used by fc2016*.cpp only.
#pragma once

#include "door/fc2016.hpp"

#include <boost/json/object.hpp>

namespace mayfly::door {

struct Fc2016::Asked {
    const Request& request;
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

// A package inside of JSON takes long to read; the loop must not wait for it.
inline constexpr std::size_t body_bytes_quick = 64 * 1024;

template <class Input>
Task<Result<Input>> read_package_body(io::BlockingPool& pool, const Request& request,
                                      Result<Input> (*read)(std::string_view)) {
    if (request.body.size() <= body_bytes_quick) co_return read(request.body);
    co_return co_await io::blocking(pool, [read, body = request.body] { return read(body); });
}

}  // namespace mayfly::door
