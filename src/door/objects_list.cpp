#include "auth/signed_parts.hpp"
#include "base/text.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/xml_text.hpp"

#include <fmt/format.h>

namespace mayfly::door {

using objects::ListQuery;
using objects::Object;

namespace {

// How many a page may have: the dialect's default, or what was asked, up to 1,000.
Result<std::size_t> page_size(const ObjectsAsked& asked, std::string_view name) {
    const auto text = asked.get(name);
    if (text.empty()) return asked.oss() ? std::size_t{100} : objects::page_max;
    const auto wanted = parse_int(text);
    if (!wanted || *wanted < 0 || *wanted > 2'147'483'647)
        return fail(Kind::invalid, fmt::format("{} is not a number from 0 on", name),
                    "InvalidArgument");
    return std::min(static_cast<std::size_t>(*wanted), objects::page_max);
}

// Names in a listing: as they are, or percent-encoded where the client asked for that.
struct Names {
    bool encode;
    std::string operator()(std::string_view name) const {
        return encode ? auth::encode_path(name) : std::string(name);
    }
};

void add_owner(XmlText& xml, const AccountId& account, const char* tag = "Owner") {
    xml.open(tag).add("ID", account).add("DisplayName", account).close();
}

void add_object(XmlText& xml, const ObjectsAsked& asked, const Names& names, const Object& object) {
    xml.add("Key", names(object.key))
        .add("LastModified", iso8601_millis(object.modified))
        .add("ETag", etag_text(asked, object.etag));
    if (asked.oss())
        xml.add("Type", object.kind == objects::ObjectKind::multipart    ? "Multipart"
                        : object.kind == objects::ObjectKind::appendable ? "Appendable"
                                                                         : "Normal");
    xml.add("Size", object.size).add("StorageClass", asked.oss() ? "Standard" : "STANDARD");
}

void add_prefixes(XmlText& xml, const Names& names, const std::vector<std::string>& prefixes) {
    for (const auto& prefix : prefixes)
        xml.open("CommonPrefixes").add("Prefix", names(prefix)).close();
}

Failure bad_token() {
    return fail(Kind::invalid, "the continuation token is not one this server gave",
                "InvalidArgument");
}

}  // namespace

ObjectsDoor::Answer ObjectsDoor::list_objects(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    const AccountId owner = bucket->account;
    const bool v2 = asked.get("list-type") == "2";
    CO_TRY(const auto count, page_size(asked, "max-keys"));
    ListQuery query{.prefix = std::string(asked.get("prefix")),
                    .delimiter = std::string(asked.get("delimiter")),
                    .after = std::string(asked.get(v2 ? "start-after" : "marker")),
                    .count = count};
    const std::string token(asked.get("continuation-token"));
    if (v2 && !token.empty()) {
        const auto after = base64_decode(token);
        if (!after) co_return bad_token();
        query.after = *after;
    }
    objects::Listing page;
    if (count > 0) {
        CO_TRY(page, co_await store_.list(asked.bucket, query));
    }
    const Names names{asked.get("encoding-type") == "url"};
    XmlText text("ListBucketResult", name_space(asked));
    text.add("Name", asked.bucket).add("Prefix", names(query.prefix));
    if (v2) {
        text.add("KeyCount", page.objects.size() + page.prefixes.size());
        if (!token.empty()) text.add("ContinuationToken", token);
        if (asked.has("start-after")) text.add("StartAfter", names(asked.get("start-after")));
        if (page.more) text.add("NextContinuationToken", base64(page.last));
    } else {
        text.add("Marker", names(query.after));
        if (page.more) text.add("NextMarker", names(page.last));
    }
    text.add("MaxKeys", count).add("Delimiter", names(query.delimiter));
    if (names.encode) text.add("EncodingType", "url");
    text.add("IsTruncated", page.more);
    const bool with_owner = !v2 || asked.get("fetch-owner") == "true";
    for (const auto& object : page.objects) {
        text.open("Contents");
        add_object(text, asked, names, object);
        if (with_owner) add_owner(text, owner);
        text.close();
    }
    add_prefixes(text, names, page.prefixes);
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::list_versions(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    const AccountId owner = bucket->account;
    CO_TRY(const auto count, page_size(asked, "max-keys"));
    const ListQuery query{.prefix = std::string(asked.get("prefix")),
                          .delimiter = std::string(asked.get("delimiter")),
                          .after = std::string(asked.get("key-marker")),
                          .count = count};
    const std::string after(asked.get("version-id-marker"));
    objects::VersionListing page;
    if (count > 0) {
        CO_TRY(page, co_await store_.list_versions(asked.bucket, query, after));
    }
    const Names names{asked.get("encoding-type") == "url"};
    XmlText text("ListVersionsResult", name_space(asked));
    text.add("Name", asked.bucket)
        .add("Prefix", names(query.prefix))
        .add("KeyMarker", names(query.after))
        .add("VersionIdMarker", after)
        .add("MaxKeys", count)
        .add("Delimiter", names(query.delimiter));
    if (names.encode) text.add("EncodingType", "url");
    text.add("IsTruncated", page.more);
    if (page.more)
        text.add("NextKeyMarker", names(page.last_key))
            .add("NextVersionIdMarker", page.last_version);
    for (const auto& object : page.versions) {
        text.open(object.is_marker ? "DeleteMarker" : "Version");
        if (object.is_marker)
            text.add("Key", names(object.key)).add("LastModified", iso8601_millis(object.modified));
        else add_object(text, asked, names, object);
        text.add("VersionId", objects::version_id(object)).add("IsLatest", object.is_latest);
        add_owner(text, owner);
        text.close();
    }
    add_prefixes(text, names, page.prefixes);
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::list_uploads(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    const AccountId owner = bucket->account;
    CO_TRY(const auto count, page_size(asked, "max-uploads"));
    const ListQuery query{.prefix = std::string(asked.get("prefix")),
                          .delimiter = std::string(asked.get("delimiter")),
                          .after = std::string(asked.get("key-marker")),
                          .count = asked.has("max-uploads") ? count : objects::page_max};
    const std::string after(asked.get("upload-id-marker"));
    objects::UploadListing page;
    if (query.count > 0) {
        CO_TRY(page, co_await store_.uploads(asked.bucket, query, after));
    }
    const Names names{asked.get("encoding-type") == "url"};
    XmlText text("ListMultipartUploadsResult", name_space(asked));
    text.add("Bucket", asked.bucket)
        .add("KeyMarker", names(query.after))
        .add("UploadIdMarker", after)
        .add("NextKeyMarker", names(page.last_key))
        .add("NextUploadIdMarker", page.last_id)
        .add("Delimiter", names(query.delimiter))
        .add("Prefix", names(query.prefix))
        .add("MaxUploads", query.count)
        .add("IsTruncated", page.more);
    if (names.encode) text.add("EncodingType", "url");
    for (const auto& upload : page.uploads) {
        text.open("Upload").add("Key", names(upload.key)).add("UploadId", upload.id);
        add_owner(text, owner, "Initiator");
        add_owner(text, owner);
        text.add("StorageClass", asked.oss() ? "Standard" : "STANDARD")
            .add("Initiated", iso8601_millis(upload.started))
            .close();
    }
    add_prefixes(text, names, page.prefixes);
    co_return xml(text.end());
}

}  // namespace mayfly::door
