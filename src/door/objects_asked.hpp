// What a request to the object store asks for: dialect, bucket, key, parameters. Pure.
#pragma once

#include "auth/aws_signature.hpp"
#include "auth/fc_signature.hpp"
#include "auth/form_policy.hpp"
#include "auth/keys.hpp"
#include "auth/temporary_keys.hpp"
#include "door/http.hpp"
#include "model/function.hpp"
#include "objects/change.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::door {

enum class Dialect { s3, oss };

// Where a request may point. The Host header names a bucket where it is BUCKET.oss-….aliyuncs.com,
// BUCKET.s3.….amazonaws.com or BUCKET.localhost; otherwise the path's first segment does.
struct ObjectPlace {
    std::string bucket, key;  // decoded; empty for none
    bool by_host = false;

    // "/", "/bucket/" or "/bucket/key": what OSS signs.
    std::string resource() const;
};

// The readings of an address, likeliest first. There are two where Host and path name the same
// bucket: ali-oss does that, and its signature tells which is meant.
std::vector<ObjectPlace> object_places(std::string_view host, std::string_view path);

struct ObjectsAsked {
    Dialect dialect = Dialect::s3;
    std::string bucket, key;
    std::vector<std::pair<std::string, std::string>> query;  // decoded
    std::string request_id;
    const auth::AccessKey* key_used = nullptr;           // null: anonymous
    std::shared_ptr<const auth::TemporaryKey> function;  // whose key_used is; null: no function's
    auth::AwsSigned aws;                                 // of S3 requests that are signed

    bool has(std::string_view name) const;
    std::string_view get(std::string_view name) const;  // empty if there is none
    objects::WantedVersion version() const;             // of the parameter versionId
    bool oss() const { return dialect == Dialect::oss; }

    // "x-oss-" or "x-amz-" before a name.
    std::string header(std::string_view name) const;
    std::string_view prefix() const { return oss() ? "x-oss-" : "x-amz-"; }
    AccountId account() const { return key_used ? key_used->account : AccountId(); }
    objects::Cause cause(const Request& request, std::string event) const;
};

// Dialect and place; nobody is identified yet.
ObjectsAsked objects_asked(const Request& request);

// Who signed it, and thereby which reading of the address is meant. A request without a signature
// is anonymous. `temporary`: null where functions have no keys. denied, invalid: see
// auth/aws_signature.hpp and auth/temporary_keys.hpp.
Result<void> identify(const auth::KeyRing& keys, const auth::TemporaryKeys* temporary,
                      const Request& request, WallTime now, ObjectsAsked& asked);

// The same of a browser's form, whose fields are signed, and say which dialect it speaks. A form
// that names no key is anonymous. Errors: see auth/form_signature.hpp.
Result<void> identify_form(const auth::KeyRing& keys, const auth::TemporaryKeys* temporary,
                           const auth::FormFields& fields, WallTime now, ObjectsAsked& asked);

}  // namespace mayfly::door
