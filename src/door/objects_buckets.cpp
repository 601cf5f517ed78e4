#include "base/text.hpp"
#include "door/objects_body.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/xml_text.hpp"
#include "objects/names.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::door {

using objects::Bucket;

namespace {

void add_owner(XmlText& xml, const AccountId& account) {
    xml.open("Owner").add("ID", account).add("DisplayName", account).close();
}

}  // namespace

// Where a bucket is: OSS writes its region with "oss-" before it.
std::string ObjectsDoor::location(const Asked& asked) const {
    return asked.oss() ? "oss-" + options_.region : options_.region;
}

ObjectsDoor::Answer ObjectsDoor::list_buckets(Request&, const Asked& asked) {
    auto all = store_.buckets(asked.account());
    const auto prefix = asked.get("prefix"), marker = asked.get("marker");
    std::erase_if(all, [&](const Bucket* bucket) {
        return !bucket->name.starts_with(prefix) || (!marker.empty() && bucket->name <= marker);
    });
    const auto wanted = parse_int(asked.get("max-keys"));
    const auto count = wanted && *wanted > 0 ? static_cast<std::size_t>(*wanted) : all.size();
    const bool more = all.size() > count;
    if (more) all.resize(count);
    XmlText text("ListAllMyBucketsResult", name_space(asked));
    if (asked.oss() && wanted) {
        text.add("Prefix", prefix).add("Marker", marker).add("MaxKeys", count);
        text.add("IsTruncated", more);
        if (more) text.add("NextMarker", all.back()->name);
    }
    add_owner(text, asked.account());
    text.open("Buckets");
    for (const auto* bucket : all) {
        text.open("Bucket").add("CreationDate", iso8601_millis(bucket->created));
        if (asked.oss())
            text.add("ExtranetEndpoint", url_)
                .add("IntranetEndpoint", url_)
                .add("Location", location(asked));
        text.add("Name", bucket->name);
        if (asked.oss()) text.add("Region", options_.region).add("StorageClass", "Standard");
        text.close();
    }
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::make_bucket(Request& request, const Asked& asked) {
    CO_TRYV(objects::check_bucket_name(asked.bucket));
    CO_TRYV(co_await take_document(request, asked));  // its region does not matter here
    CO_TRY(const auto acl, read_acl(request.headers.get(asked.header("acl"))));
    CO_TRYV(co_await store_.make_bucket(asked.account(), asked.bucket,
                                        acl.value_or(objects::Acl::closed)));
    if (acl) CO_TRYV(co_await store_.set_acl(asked.bucket, *acl));
    Response response;
    response.headers.add("Location", "/" + asked.bucket);
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::remove_bucket(Request&, const Asked& asked) {
    CO_TRYV(co_await store_.remove_bucket(asked.bucket));
    co_return done(204);
}

ObjectsDoor::Answer ObjectsDoor::head_bucket(Request&, const Asked& asked) {
    CO_TRYV(store_.bucket(asked.bucket));
    Response response;
    response.headers.add(asked.header("bucket-region"), options_.region);
    co_return response;
}

ObjectsDoor::Answer ObjectsDoor::bucket_location(Request&, const Asked& asked) {
    CO_TRYV(store_.bucket(asked.bucket));
    XmlText text("LocationConstraint", name_space(asked));
    auto out = text.end();
    const auto at = out.rfind("</");
    out.insert(at, location(asked));
    co_return xml(std::move(out));
}

ObjectsDoor::Answer ObjectsDoor::bucket_info(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    XmlText text("BucketInfo", "");
    text.open("Bucket")
        .add("Name", bucket->name)
        .add("Location", location(asked))
        .add("CreationDate", iso8601_millis(bucket->created))
        .add("ExtranetEndpoint", url_)
        .add("IntranetEndpoint", url_)
        .add("StorageClass", "Standard")
        .add("DataRedundancyType", "LRS");
    if (bucket->versioning != objects::Versioning::never)
        text.add("Versioning",
                 bucket->versioning == objects::Versioning::enabled ? "Enabled" : "Suspended");
    text.open("AccessControlList").add("Grant", acl_text(bucket->acl)).close();
    add_owner(text, bucket->account);
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::bucket_stat(Request&, const Asked& asked) {
    CO_TRY(const auto stat, co_await store_.stat(asked.bucket));
    XmlText text("BucketStat", "");
    text.add("Storage", stat.bytes)
        .add("ObjectCount", stat.objects)
        .add("MultipartUploadCount", stat.uploads);
    co_return xml(text.end());
}

}  // namespace mayfly::door
