// The nouns of the object store as plain values.
//
// Sizes and positions are bytes. ETags are kept as S3 writes them (lower-case hex, "-N" behind it
// for objects made of N parts), without quotes; a dialect that wants them otherwise renders them
// so.
#pragma once

#include "base/clock.hpp"
#include "model/function.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::objects {

using Pairs = std::vector<std::pair<std::string, std::string>>;

enum class Acl : std::uint8_t { inherit, closed, public_read, public_read_write };
enum class Versioning : std::uint8_t { never, enabled, suspended };

struct Bucket {
    std::int64_t id = 0;
    std::string name;
    AccountId account;
    WallTime created;
    Acl acl = Acl::closed;
    Versioning versioning = Versioning::never;
    std::map<std::string, std::string> settings;  // "cors", "lifecycle", …: documents as they came
};

// What a client may say of an object besides its bytes.
struct ObjectMeta {
    Pairs headers;               // lower-case names: content-type, cache-control, expires, …
    Pairs user;                  // lower-case names without the dialect's prefix
    Pairs tags;                  // decoded
    std::string checksum;        // "crc32", "sha256", …: what the client named; empty for none
    std::string checksum_value;  // base64
    Acl acl = Acl::inherit;

    std::string_view header(std::string_view lower_name) const;
};

enum class ObjectKind : std::uint8_t { normal, multipart, appendable };

struct Object {
    std::string key;
    std::int64_t version = 0;  // grows with every change in the store
    bool null_version = true;  // made while its bucket kept no versions: clients call it "null"
    bool is_marker = false;    // says that the key was deleted; it has no bytes
    bool is_latest = true;
    std::uint64_t size = 0;
    WallTime modified;
    std::string etag;
    std::uint64_t crc64 = 0;
    ObjectKind kind = ObjectKind::normal;
    std::int64_t body = 0;  // 0 for a marker
    ObjectMeta meta;
};

// As it was found; it never changes, and whoever reads it shares it with what is kept of it.
using FoundObject = std::shared_ptr<const Object>;

// "null", or the name of a version as clients see it.
std::string version_id(const Object& object);

// An ETag that no other body has. It ends like that of an upload in one part, by which clients know
// that it is no MD5.
std::string opaque_etag(const Object& object);
// The MD5 of its bytes, raw, if its ETag is that; else nothing.
std::optional<std::string> md5_of(const Object& object);

// Which version a client means: nothing for the latest.
using WantedVersion = std::optional<std::string>;

// A piece of a body: its bytes lie in the index itself if they are few, else in a file of their
// own.
struct Segment {
    std::uint64_t size = 0;
    std::uint64_t crc64 = 0;
    std::int64_t file = 0;  // 0: `bytes` holds them
    std::string bytes;
};

// A whole body, which never changes: whoever reads it shares it with what is kept of it.
using Segments = std::shared_ptr<const std::vector<Segment>>;

}  // namespace mayfly::objects
