#include "cli/objects_client.hpp"

#include "auth/aws_signature.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>

namespace mayfly::cli {

namespace {

constexpr Millis kPatience = Seconds{120};  // for one request: 16 MiB at most

Kind kind_of(int status) {
    switch (status) {
        case 400:
        case 416: return Kind::invalid;
        case 403: return Kind::denied;
        case 404: return Kind::not_found;
        case 409:
        case 412: return Kind::conflict;
        case 503: return Kind::busy;
        default: return Kind::internal;
    }
}

pugi::xml_node found(const pugi::xml_document& document, const char* name) {
    return document.find_node(
        [&](const pugi::xml_node& node) { return std::string_view(node.name()) == name; });
}

}  // namespace

Result<ObjectName> parse_object_name(std::string_view text) {
    for (const std::string_view scheme : {"oss://", "s3://"})
        if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
    const auto slash = text.find('/');
    ObjectName name{.bucket = std::string(text.substr(0, slash)), .key = {}};
    if (slash != text.npos) name.key = text.substr(slash + 1);
    if (!name.bucket.empty()) return name;
    return fail(Kind::invalid,
                fmt::format("'{}' names no object; write BUCKET or BUCKET/KEY", text), "Usage");
}

std::string element(std::string_view xml, const char* name) {
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size())) return {};
    return found(document, name).child_value();
}

Result<ObjectsClient> ObjectsClient::open(const Context& context) {
    TRY(auto server, find_server(context));
    if (server.objects.empty())
        return fail(Kind::unavailable,
                    "the address of the object store is not known; set MAYFLY_OBJECTS_ENDPOINT, or "
                    "point --data at the server's data folder");
    TRY(auto http, io::HttpClient::to(server.objects));
    auto host = http.base_url().substr(http.base_url().find("//") + 2);
    return ObjectsClient(std::move(http), std::move(host), std::move(server.key), context.clock);
}

Result<io::HttpResponse> ObjectsClient::send(std::string_view method, const ObjectName& name,
                                             const Query& query, std::string body,
                                             io::HttpFields headers) const {
    auto path = "/" + auth::encode_path(name.bucket);
    if (!name.key.empty()) path += "/" + auth::encode_path(name.key);
    if (name.bucket.empty()) path = "/";
    std::string text;
    for (const auto& [key, value] : query)
        text += fmt::format("{}{}={}", text.empty() ? "" : "&", percent_encode(key),
                            percent_encode(value));
    auto signed_headers = headers;
    signed_headers.emplace_back("host", host_);
    for (auto& field : auth::sign_aws_v4(key_, {method, path, text, signed_headers},
                                         hex(sha256(body)), clock_.wall()))
        headers.push_back(std::move(field));
    TRY(auto response, http_.send({.method = std::string(method),
                                   .target = text.empty() ? path : path + "?" + text,
                                   .headers = std::move(headers),
                                   .body = std::move(body)},
                                  kPatience));
    if (response.status < 300) return response;
    const auto code = element(response.body, "Code"), message = element(response.body, "Message");
    return fail(kind_of(response.status),
                message.empty() ? fmt::format("the server answered {}", response.status) : message,
                code);
}

Result<ListedObjects> ObjectsClient::list(const ObjectName& prefix, std::string_view delimiter,
                                          const std::string& token) const {
    Query query{{"list-type", "2"}, {"prefix", prefix.key}, {"encoding-type", "url"}};
    if (!delimiter.empty()) query.emplace_back("delimiter", delimiter);
    if (!token.empty()) query.emplace_back("continuation-token", token);
    TRY(const auto response, send("GET", {.bucket = prefix.bucket, .key = {}}, query));
    pugi::xml_document document;
    if (!document.load_buffer(response.body.data(), response.body.size()))
        return fail(Kind::internal, "the server's listing is no XML");
    const auto root = document.document_element();
    ListedObjects page;
    for (const auto& one : root.children("Contents"))
        page.objects.push_back(
            {.key = percent_decode(one.child_value("Key")),
             .modified = one.child_value("LastModified"),
             .size = static_cast<std::uint64_t>(parse_int(one.child_value("Size")).value_or(0))});
    for (const auto& one : root.children("CommonPrefixes"))
        page.prefixes.push_back(percent_decode(one.child_value("Prefix")));
    page.next_token = root.child_value("NextContinuationToken");
    return page;
}

Result<std::vector<std::pair<std::string, std::string>>> ObjectsClient::buckets() const {
    TRY(const auto response, send("GET", {}));
    pugi::xml_document document;
    if (!document.load_buffer(response.body.data(), response.body.size()))
        return fail(Kind::internal, "the server's list of buckets is no XML");
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& one : document.document_element().child("Buckets").children("Bucket"))
        all.emplace_back(one.child_value("Name"), one.child_value("CreationDate"));
    return all;
}

}  // namespace mayfly::cli
