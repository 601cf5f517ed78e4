// Headers of objects: what a client says of an object, what it asks of one, and what it is told.
// Pure.
#pragma once

#include "base/result.hpp"
#include "door/http.hpp"
#include "door/objects_asked.hpp"
#include "objects/conditions.hpp"
#include "objects/types.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::door {

// Content-Type and its like, user metadata, tags and ACL of a request that makes an object.
// invalid (MetadataTooLarge, InvalidTag, InvalidArgument).
Result<objects::ObjectMeta> object_meta(const Request& request, const ObjectsAsked& asked);

// "a=b&c=d", percent-encoded, as x-oss-tagging and x-amz-tagging have it. invalid (InvalidTag):
// more than 10, a key over 128 bytes or twice, a value over 256.
Result<objects::Pairs> read_tags(std::string_view text);
Result<objects::Pairs> check_tags(objects::Pairs tags);

// If-Match and so on; `prefix` is "" or that of a copy's source ("x-amz-copy-source-").
objects::Conditions object_conditions(const Request& request, std::string_view prefix = "");

// "private", "public-read", …; nothing if it was not sent. invalid (InvalidArgument): another.
Result<std::optional<objects::Acl>> read_acl(std::string_view text);
std::string_view acl_text(objects::Acl acl);

// ETag as the dialect writes it, with its quotes.
std::string etag_text(const ObjectsAsked& asked, std::string_view etag);

// All that GET and HEAD say of an object but its length and range.
void add_object_headers(Response& response, const ObjectsAsked& asked, const Request& request,
                        const objects::Object& object, const objects::Bucket& bucket);

}  // namespace mayfly::door
