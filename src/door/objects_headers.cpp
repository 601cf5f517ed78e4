#include "door/objects_headers.hpp"

#include "auth/http_date.hpp"
#include "base/text.hpp"
#include "objects/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mayfly::door {

using objects::Acl;
using objects::Object;
using objects::ObjectKind;
using objects::ObjectMeta;

namespace {

constexpr std::array<std::string_view, 6> kContent{"content-type",        "cache-control",
                                                   "content-disposition", "content-encoding",
                                                   "content-language",    "expires"};

std::string upper(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return out;
}

// "aws-chunked" says how the body came, not what it is.
std::string without_aws_chunked(std::string_view value) {
    std::string out;
    for (auto one : split(value, ',')) {
        one = trim(one);
        if (one.empty() || iequals(one, "aws-chunked")) continue;
        if (!out.empty()) out += ", ";
        out += one;
    }
    return out;
}

std::optional<WallTime> date_of(std::string_view text) {
    return text.empty() ? std::nullopt : auth::parse_http_date(text);
}

std::string_view kind_text(ObjectKind kind) {
    switch (kind) {
        case ObjectKind::multipart: return "Multipart";
        case ObjectKind::appendable: return "Appendable";
        default: return "Normal";
    }
}

void add_dialect_headers(Response& response, const ObjectsAsked& asked, const Request& request,
                         const Object& object) {
    auto& headers = response.headers;
    if (asked.oss()) {
        headers.add("x-oss-object-type", std::string(kind_text(object.kind)));
        headers.add("x-oss-storage-class", "Standard");
        headers.add("x-oss-hash-crc64ecma", std::to_string(object.crc64));
        if (object.kind == ObjectKind::appendable)
            headers.add("x-oss-next-append-position", std::to_string(object.size));
        if (const auto md5 = md5_of(object)) headers.add("Content-MD5", base64(*md5));
    } else if (!object.meta.checksum.empty() &&
               iequals(request.headers.get("x-amz-checksum-mode"), "ENABLED") &&
               !request.headers.has("Range")) {
        headers.add("x-amz-checksum-" + object.meta.checksum, object.meta.checksum_value);
    }
    if (!object.meta.tags.empty())
        headers.add(asked.header("tagging-count"), std::to_string(object.meta.tags.size()));
}

}  // namespace

Result<objects::Pairs> check_tags(objects::Pairs tags) {
    const auto refuse = [](std::string what) {
        return fail(Kind::invalid, std::move(what), "InvalidTag");
    };
    if (tags.size() > 10)
        return refuse(fmt::format("an object has 10 tags at most, not {}", tags.size()));
    for (std::size_t i = 0; i < tags.size(); ++i) {
        const auto& [key, value] = tags[i];
        if (key.empty() || key.size() > 128 || value.size() > 256 || !is_utf8(key) ||
            !is_utf8(value))
            return refuse("a tag's key is 1 to 128 bytes of UTF-8, its value up to 256");
        for (std::size_t k = 0; k < i; ++k)
            if (tags[k].first == key)
                return refuse(fmt::format("the tag '{}' is there twice", key));
    }
    return tags;
}

Result<objects::Pairs> read_tags(std::string_view text) {
    return check_tags(query_parameters(text));
}

Result<std::optional<Acl>> read_acl(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (text == "private" || text == "bucket-owner-full-control" || text == "bucket-owner-read")
        return Acl::closed;
    if (text == "default") return Acl::inherit;
    if (text == "public-read" || text == "authenticated-read") return Acl::public_read;
    if (text == "public-read-write") return Acl::public_read_write;
    return fail(Kind::invalid,
                fmt::format("the ACL '{}' is not one of private, public-read, public-read-write",
                            text.substr(0, 100)),
                "InvalidArgument");
}

std::string_view acl_text(Acl acl) {
    switch (acl) {
        case Acl::inherit: return "default";
        case Acl::public_read: return "public-read";
        case Acl::public_read_write: return "public-read-write";
        case Acl::closed: break;
    }
    return "private";
}

Result<ObjectMeta> object_meta(const Request& request, const ObjectsAsked& asked) {
    ObjectMeta meta;
    const auto user = asked.header("meta-");
    std::size_t user_bytes = 0;
    for (const auto& [name, value] : request.headers) {
        auto small = lower(name);
        if (small.starts_with(user)) {
            user_bytes += small.size() - user.size() + value.size();
            meta.user.emplace_back(small.substr(user.size()), value);
        } else if (std::ranges::find(kContent, small) != kContent.end()) {
            auto kept = small == "content-encoding" ? without_aws_chunked(value) : value;
            if (!kept.empty()) meta.headers.emplace_back(std::move(small), std::move(kept));
        }
    }
    if (user_bytes > objects::user_meta_bytes_max)
        return fail(Kind::invalid,
                    fmt::format("the user metadata has {} bytes; it may have {}", user_bytes,
                                objects::user_meta_bytes_max),
                    "MetadataTooLarge");
    TRY(meta.tags, read_tags(request.headers.get(asked.header("tagging"))));
    const auto acl =
        asked.oss() ? request.headers.get("x-oss-object-acl") : request.headers.get("x-amz-acl");
    TRY(const auto wanted, read_acl(acl));
    if (wanted) meta.acl = *wanted;
    return meta;
}

objects::Conditions object_conditions(const Request& request, std::string_view prefix) {
    objects::Conditions conditions;
    for (const auto& [field, value] : request.headers) {
        std::string_view name = field;
        if (!iequals(name.substr(0, prefix.size()), prefix)) continue;
        name.remove_prefix(prefix.size());
        if (iequals(name, "if-match")) conditions.if_match = value;
        if (iequals(name, "if-none-match")) conditions.if_none_match = value;
        if (iequals(name, "if-modified-since")) conditions.if_modified_since = date_of(value);
        if (iequals(name, "if-unmodified-since")) conditions.if_unmodified_since = date_of(value);
    }
    return conditions;
}

std::string etag_text(const ObjectsAsked& asked, std::string_view etag) {
    return '"' + (asked.oss() ? upper(etag) : std::string(etag)) + '"';
}

void add_object_headers(Response& response, const ObjectsAsked& asked, const Request& request,
                        const Object& object, const objects::Bucket& bucket) {
    auto& headers = response.headers;
    headers.add("ETag", etag_text(asked, object.etag));
    headers.add("Last-Modified", auth::http_date(object.modified));
    headers.add("Accept-Ranges", "bytes");
    // What a signed request asks to be told instead; a stranger may not choose.
    const bool overrides =
        asked.key_used && std::ranges::any_of(asked.query, [](const auto& parameter) {
            return parameter.first.starts_with("response-");
        });
    for (const auto name : kContent) {
        const auto wanted = overrides ? asked.get("response-" + std::string(name)) : "";
        const auto value = wanted.empty() ? object.meta.header(name) : wanted;
        const bool safe = value.find_first_of("\r\n") == value.npos;
        if (!value.empty() && safe) headers.add(std::string(name), std::string(value));
        else if (name == "content-type")
            headers.add("content-type",
                        asked.oss() ? "application/octet-stream" : "binary/octet-stream");
    }
    for (const auto& [name, value] : object.meta.user)
        headers.add(asked.header("meta-") + name, value);
    if (bucket.versioning != objects::Versioning::never)
        headers.add(asked.header("version-id"), objects::version_id(object));
    add_dialect_headers(response, asked, request, object);
}

}  // namespace mayfly::door
