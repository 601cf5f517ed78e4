// Triggers: what calls a function besides its API. One binds a source of events to one function and
// qualifier. Limits and defaults are FC's (API 2016-08-15, "Triggers").
#pragma once

#include "base/clock.hpp"
#include "model/function.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly {

// What a caller may set on a trigger. `config` is a JSON object, its form given by `type`.
struct TriggerSpec {
    std::string name;
    std::string type;  // "http", "oss", ...
    std::string config;
    std::string source_arn;       // empty for none
    std::string invocation_role;  // RAM role ARN; empty for none
    std::string qualifier;        // of the function's service; empty is LATEST
    std::string description;
};

struct Trigger {
    AccountId account;
    std::string service;
    std::string function;
    TriggerSpec spec;
    std::string id;  // UUID
    WallTime created, modified;
    std::string etag;
};

// Whom an http trigger lets in.
struct HttpAccess {
    static constexpr std::array<std::string_view, 7> known_methods{
        "GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"};

    bool anonymous = false;    // false: requests must be signed by a key of the account
    std::uint8_t methods = 0;  // bit n: known_methods[n]

    bool allows(std::string_view method) const {
        const auto at = std::ranges::find(known_methods, method) - known_methods.begin();
        return methods >> at & 1;  // a method that is not known has a bit that is never set
    }
    bool operator==(const HttpAccess&) const = default;
};

// What an oss trigger watches. Its bucket is named by the trigger's source ARN.
struct OssWatch {
    std::string bucket;
    std::vector<std::string> events;  // "oss:ObjectCreated:*", "oss:ObjectCreated:PutObject", …
    std::string prefix, suffix;       // of the key; empty: any
    bool operator==(const OssWatch&) const = default;
    bool s3_events = false;  // the event has S3's shape, not OSS's
};

}  // namespace mayfly
