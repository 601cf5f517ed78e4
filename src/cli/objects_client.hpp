// Speaks S3's dialect to the object store, signed with version 4, as any public client does.
#pragma once

#include "cli/server.hpp"
#include "io/http_client.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly::cli {

// "BUCKET" or "BUCKET/KEY"; "oss://" or "s3://" before it is let pass.
struct ObjectName {
    std::string bucket, key;
    std::string text() const { return key.empty() ? bucket : bucket + "/" + key; }
};
Result<ObjectName> parse_object_name(std::string_view text);

struct ListedObject {
    std::string key, modified;
    std::uint64_t size = 0;
};
struct ListedObjects {
    std::vector<ListedObject> objects;
    std::vector<std::string> prefixes;
    std::string next_token;  // empty at the end
};

class ObjectsClient {
public:
    // unavailable: no server is known, or it has no object store that is known.
    static Result<ObjectsClient> open(const Context& context);

    using Query = std::vector<std::pair<std::string, std::string>>;

    // What the server refused comes back as an Error whose code is its own ("NoSuchKey").
    Result<io::HttpResponse> send(std::string_view method, const ObjectName& name,
                                  const Query& query = {}, std::string body = {},
                                  io::HttpFields headers = {}) const;

    Result<ListedObjects> list(const ObjectName& prefix, std::string_view delimiter,
                               const std::string& token) const;
    Result<std::vector<std::pair<std::string, std::string>>> buckets() const;  // name, created

private:
    ObjectsClient(io::HttpClient http, std::string host, auth::AccessKey key, const Clock& clock)
        : http_(std::move(http)), host_(std::move(host)), key_(std::move(key)), clock_(clock) {}

    io::HttpClient http_;
    std::string host_;
    auth::AccessKey key_;
    const Clock& clock_;
};

// The text of the first element of that name in an answer; empty if there is none.
std::string element(std::string_view xml, const char* name);

}  // namespace mayfly::cli
