#include "base/text.hpp"
#include "door/objects_body.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_xml.hpp"
#include "door/xml_text.hpp"

#include <fmt/format.h>

namespace mayfly::door {

namespace {

constexpr std::uint64_t kS3PartMin = 5u << 20, kOssPartMin = 100u << 10;

Result<int> part_number(const ObjectsAsked& asked) {
    const auto number = parse_int(asked.get("partNumber"));
    if (!number || *number < 1 || *number > objects::parts_max)
        return fail(Kind::invalid, "partNumber must be 1 to 10,000",
                    asked.oss() ? "InvalidArgument" : "InvalidPartNumber");
    return static_cast<int>(*number);
}

std::string upload_id(const ObjectsAsked& asked) { return std::string(asked.get("uploadId")); }

}  // namespace

ObjectsDoor::Answer ObjectsDoor::start_upload(Request& request, const Asked& asked) {
    CO_TRY(auto meta, object_meta(request, asked));
    CO_TRY(const auto id, co_await store_.start_upload(
                              asked.bucket, asked.key, std::move(meta),
                              asked.cause(request, "ObjectCreated:InitiateMultipartUpload")));
    XmlText text("InitiateMultipartUploadResult", name_space(asked));
    text.add("Bucket", asked.bucket).add("Key", asked.key).add("UploadId", id);
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::put_part(Request& request, const Asked& asked) {
    CO_TRY(const auto number, part_number(asked));
    CO_TRYV(store_.upload(asked.bucket, asked.key, upload_id(asked)));
    CO_TRY(auto taken, co_await take_body(store_, request, asked, Etag::md5));
    const auto sum = taken.checksum.empty() ? "" : taken.checksum + "=" + taken.checksum_value;
    CO_TRY(const auto part, co_await store_.put_part(asked.bucket, asked.key, upload_id(asked),
                                                     number, std::move(taken.body), sum));
    Response response;
    response.headers.add("ETag", etag_text(asked, part.etag));
    if (asked.oss()) response.headers.add("x-oss-hash-crc64ecma", std::to_string(part.crc64));
    else if (!taken.checksum.empty())
        response.headers.add("x-amz-checksum-" + taken.checksum, taken.checksum_value);
    co_return response;
}

// The bytes are copied: a part may be any range of its source.
ObjectsDoor::Answer ObjectsDoor::copy_part(Request& request, const Asked& asked) {
    CO_TRY(const auto number, part_number(asked));
    CO_TRYV(store_.upload(asked.bucket, asked.key, upload_id(asked)));
    CO_TRY(const auto source, copy_source(request, asked));
    const auto header = request.headers.get(asked.header("copy-source-range"));
    CO_TRY(const auto part, objects::read_range(header, source.object.size));
    if (!header.empty() && !part)
        co_return fail(Kind::invalid, "x-amz-copy-source-range is of the form bytes=FIRST-LAST",
                       "InvalidArgument");
    CO_TRY(auto reading,
           store_.read(source.object, part.value_or(objects::Range{0, source.object.size})));
    auto incoming = store_.begin({"md5"});
    for (;;) {
        CO_TRY(const auto piece, co_await reading.next());
        if (piece.empty()) break;
        CO_TRYV(co_await incoming.add(piece));
    }
    CO_TRY(auto body, co_await incoming.finish());
    CO_TRY(const auto made, co_await store_.put_part(asked.bucket, asked.key, upload_id(asked),
                                                     number, std::move(body), ""));
    XmlText text("CopyPartResult", name_space(asked));
    text.add("LastModified", iso8601_millis(made.modified))
        .add("ETag", etag_text(asked, made.etag));
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::list_parts(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    const AccountId owner = bucket->account;
    CO_TRYV(store_.upload(asked.bucket, asked.key, upload_id(asked)));
    const auto after = parse_int(asked.get("part-number-marker")).value_or(0);
    const auto wanted = parse_int(asked.get("max-parts")).value_or(1000);
    const auto count = static_cast<std::size_t>(std::clamp<std::int64_t>(wanted, 1, 1000));
    CO_TRY(auto parts, co_await store_.parts(upload_id(asked), static_cast<int>(after), count + 1));
    const bool more = parts.size() > count;
    if (more) parts.resize(count);
    XmlText text("ListPartsResult", name_space(asked));
    text.add("Bucket", asked.bucket).add("Key", asked.key).add("UploadId", upload_id(asked));
    text.open("Initiator").add("ID", owner).add("DisplayName", owner).close();
    text.open("Owner").add("ID", owner).add("DisplayName", owner).close();
    text.add("StorageClass", asked.oss() ? "Standard" : "STANDARD")
        .add("PartNumberMarker", after)
        .add("NextPartNumberMarker", parts.empty() ? 0 : parts.back().number)
        .add("MaxParts", count)
        .add("IsTruncated", more);
    for (const auto& part : parts)
        text.open("Part")
            .add("PartNumber", part.number)
            .add("LastModified", iso8601_millis(part.modified))
            .add("ETag", etag_text(asked, part.etag))
            .add("Size", part.size)
            .close();
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::complete_upload(Request& request, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    const bool versioned = bucket->versioning != objects::Versioning::never;
    CO_TRYV(store_.upload(asked.bucket, asked.key, upload_id(asked)));
    CO_TRY(const auto document, co_await take_document(request, asked));
    CO_TRY(auto parts, read_complete(document));
    CO_TRY(const auto made,
           co_await store_.complete(
               {.bucket = asked.bucket,
                .key = asked.key,
                .id = upload_id(asked),
                .parts = std::move(parts),
                .part_bytes_min = asked.oss() ? kOssPartMin : kS3PartMin,
                .conditions = asked.oss() ? objects::Conditions() : object_conditions(request),
                .keep_present =
                    asked.oss() && iequals(request.headers.get("x-oss-forbid-overwrite"), "true"),
                .cause = asked.cause(request, "ObjectCreated:CompleteMultipartUpload")}));
    XmlText text("CompleteMultipartUploadResult", name_space(asked));
    text.add("Location", url_ + "/" + asked.bucket + "/" + percent_encode(asked.key))
        .add("Bucket", asked.bucket)
        .add("Key", asked.key)
        .add("ETag", etag_text(asked, made.etag));
    auto response = xml(text.end());
    if (versioned) response.headers.add(asked.header("version-id"), objects::version_id(made));
    if (asked.oss()) response.headers.add("x-oss-hash-crc64ecma", std::to_string(made.crc64));
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::abort_upload(Request& request, const Asked& asked) {
    CO_TRYV(co_await store_.abort(asked.bucket, asked.key, upload_id(asked),
                                  asked.cause(request, "ObjectRemoved:AbortMultipartUpload")));
    co_return done(204);
}

}  // namespace mayfly::door
