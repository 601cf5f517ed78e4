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
};

struct Fc2016::Path {
    std::string_view method;
    std::string_view
        pattern;  // after the prefix; {service}, {function} and {item} take one part each
    Answer (Fc2016::*answer)(const Asked&);
};

// 200 with a JSON body, and an ETag header if there is one.
Response json_response(const boost::json::object& body, const std::string& etag = {});

// 204: done, nothing to say.
Response no_content();

// limit, nextToken, prefix, startKey; empty values count as absent. invalid: limit is not a number.
Result<catalog::ListQuery> list_query(const Request& request);

}  // namespace mayfly::door
