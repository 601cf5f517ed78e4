#include "base/text.hpp"
#include "door/objects_body.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_xml.hpp"
#include "door/xml_text.hpp"

#include <fmt/format.h>

namespace mayfly::door {

using objects::Object;

namespace {

bool forbids_overwrite(const Request& request, const ObjectsAsked& asked) {
    return asked.oss() && iequals(request.headers.get("x-oss-forbid-overwrite"), "true");
}

// Conditions on what is written over; OSS has its own header for that.
objects::Conditions write_conditions(const Request& request, const ObjectsAsked& asked) {
    return asked.oss() ? objects::Conditions() : object_conditions(request);
}

bool replaces(const Request& request, const ObjectsAsked& asked, std::string_view what) {
    return iequals(request.headers.get(asked.header(what)), "REPLACE");
}

}  // namespace

Task<Result<Object>> ObjectsDoor::store_body(Request& request, const Asked& asked,
                                             objects::ObjectMeta meta, std::string event) {
    CO_TRY(auto taken, co_await take_body(store_, request, asked, options_.etag));
    meta.checksum = std::move(taken.checksum);
    meta.checksum_value = std::move(taken.checksum_value);
    co_return co_await store_.put({.bucket = asked.bucket,
                                   .key = asked.key,
                                   .body = std::move(taken.body),
                                   .meta = std::move(meta),
                                   .conditions = write_conditions(request, asked),
                                   .keep_present = forbids_overwrite(request, asked),
                                   .cause = asked.cause(request, std::move(event))});
}

ObjectsDoor::Answer ObjectsDoor::put_object(Request& request, const Asked& asked) {
    // All that can be refused is, before the client is asked for its body.
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    CO_TRY(auto meta, object_meta(request, asked));
    const bool versioned = bucket->versioning != objects::Versioning::never;
    CO_TRY(const auto made,
           co_await store_body(request, asked, std::move(meta), "ObjectCreated:PutObject"));
    Response response;
    response.headers.add("ETag", etag_text(asked, made.etag));
    if (asked.oss()) response.headers.add("x-oss-hash-crc64ecma", std::to_string(made.crc64));
    else if (!made.meta.checksum.empty())
        response.headers.add("x-amz-checksum-" + made.meta.checksum, made.meta.checksum_value);
    if (versioned) response.headers.add(asked.header("version-id"), objects::version_id(made));
    co_return response;
}

// "/bucket/key?versionId=…", percent-encoded; the leading slash may be missing.
Result<ObjectsDoor::Source> ObjectsDoor::copy_source(const Request& request,
                                                     const Asked& asked) const {
    std::string_view text = request.headers.get(asked.header("copy-source"));
    objects::WantedVersion version;
    if (const auto question = text.find("?versionId="); question != text.npos) {
        version = percent_decode(text.substr(question + 11));
        text = text.substr(0, question);
    }
    auto path = percent_decode(text);
    if (path.starts_with('/')) path.erase(0, 1);
    const auto slash = path.find('/');
    if (slash == path.npos || slash + 1 == path.size())
        return fail(Kind::invalid, "the source of a copy is /BUCKET/KEY, percent-encoded",
                    "InvalidArgument");
    Source source{.bucket = path.substr(0, slash), .object = {}};
    Asked there = asked;
    there.bucket = source.bucket;
    there.key = path.substr(slash + 1);
    TRYV(permit(there, Needs::read, "GetObject"));
    TRY(const auto object, store_.find(there.bucket, there.key, version));
    source.object = *object;
    if (source.object.is_marker)
        return fail(Kind::invalid, "the source of the copy is a version without bytes",
                    "InvalidRequest");
    const auto verdict = objects::judge_read(
        object_conditions(request, asked.header("copy-source-")), source.object);
    if (verdict != objects::Verdict::go_on)
        return fail(Kind::conflict, "the source is not as a condition of the request says",
                    "PreconditionFailed");
    return source;
}

ObjectsDoor::Answer ObjectsDoor::copy_object(Request& request, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    CO_TRY(auto source, copy_source(request, asked));
    CO_TRY(auto given, object_meta(request, asked));
    const bool fresh_meta = replaces(request, asked, "metadata-directive");
    const bool same = source.bucket == asked.bucket && source.object.key == asked.key;
    if (same && !fresh_meta && !asked.oss() && source.object.is_latest)
        co_return fail(Kind::invalid,
                       "a copy onto itself must change something: send x-amz-metadata-directive: "
                       "REPLACE",
                       "InvalidRequest");
    auto meta = fresh_meta ? given : source.object.meta;
    const bool fresh_tags = replaces(request, asked, "tagging-directive") ||
                            (asked.oss() && request.headers.has("x-oss-tagging"));
    meta.tags = fresh_tags ? given.tags : source.object.meta.tags;
    meta.acl = given.acl;  // never copied
    meta.checksum = source.object.meta.checksum;
    meta.checksum_value = source.object.meta.checksum_value;
    const bool versioned = bucket->versioning != objects::Versioning::never;
    CO_TRY(const auto made,
           co_await store_.copy({.from_bucket = source.bucket,
                                 .from = source.object,
                                 .bucket = asked.bucket,
                                 .key = asked.key,
                                 .meta = std::move(meta),
                                 .conditions = {},
                                 .keep_present = forbids_overwrite(request, asked),
                                 .cause = asked.cause(request, "ObjectCreated:CopyObject")}));
    XmlText text("CopyObjectResult", name_space(asked));
    text.add("LastModified", iso8601_millis(made.modified))
        .add("ETag", etag_text(asked, made.etag));
    auto response = xml(text.end());
    if (versioned) response.headers.add(asked.header("version-id"), objects::version_id(made));
    if (asked.oss()) response.headers.add("x-oss-hash-crc64ecma", std::to_string(made.crc64));
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::append_object(Request& request, const Asked& asked) {
    const auto position = parse_int(asked.get("position"));
    if (!asked.oss() || !position || *position < 0)
        co_return fail(Kind::invalid, "appending is OSS's, and needs position=N, 0 or more",
                       "InvalidArgument");
    CO_TRYV(store_.bucket(asked.bucket));
    CO_TRY(auto meta, object_meta(request, asked));
    CO_TRY(auto taken, co_await take_body(store_, request, asked, Etag::opaque));
    CO_TRY(const auto made,
           co_await store_.append({.bucket = asked.bucket,
                                   .key = asked.key,
                                   .body = std::move(taken.body),
                                   .meta = std::move(meta),
                                   .conditions = {},
                                   .cause = asked.cause(request, "ObjectCreated:AppendObject")},
                                  static_cast<std::uint64_t>(*position)));
    Response response;
    response.headers.add("ETag", etag_text(asked, made.etag));
    response.headers.add("x-oss-next-append-position", std::to_string(made.size));
    response.headers.add("x-oss-hash-crc64ecma", std::to_string(made.crc64));
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::remove_object(Request& request, const Asked& asked) {
    CO_TRY(const auto removed,
           co_await store_.remove(asked.bucket, asked.key, asked.version(),
                                  asked.cause(request, "ObjectRemoved:DeleteObject")));
    Response response{.status = 204};
    if (removed.marker) response.headers.add(asked.header("delete-marker"), "true");
    if (!removed.version.empty()) response.headers.add(asked.header("version-id"), removed.version);
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::remove_many(Request& request, const Asked& asked) {
    CO_TRYV(store_.bucket(asked.bucket));
    CO_TRY(const auto document, co_await take_document(request, asked));
    CO_TRY(const auto list, read_delete(document));
    std::vector<std::pair<std::string, objects::WantedVersion>> keys, refused;
    for (const auto& one : list.keys) {
        Asked there = asked;
        there.key = one.first;
        const bool may = !is_judged_by_key(asked) || permit(there, Needs::write, "DeleteObject");
        (may ? keys : refused).push_back(one);
    }
    CO_TRY(const auto outcomes,
           co_await store_.remove_many(asked.bucket, keys,
                                       asked.cause(request, "ObjectRemoved:DeleteObjects")));
    const bool encode = asked.get("encoding-type") == "url";
    XmlText text("DeleteResult", name_space(asked));
    if (asked.oss() && encode) text.add("EncodingType", "url");
    for (const auto& [key, version] : refused)
        text.open("Error")
            .add("Key", encode ? percent_encode(key) : key)
            .add("Code", "AccessDenied")
            .add("Message", "a policy does not let you")
            .close();
    for (std::size_t i = 0; i < keys.size() && !list.quiet; ++i) {
        const auto& [key, version] = keys[i];
        const auto& removed = outcomes[i];
        text.open("Deleted").add("Key", encode ? percent_encode(key) : key);
        if (version) text.add("VersionId", *version);
        if (removed.marker)
            text.add("DeleteMarker", true).add("DeleteMarkerVersionId", removed.version);
        text.close();
    }
    co_return xml(text.end());
}

}  // namespace mayfly::door
