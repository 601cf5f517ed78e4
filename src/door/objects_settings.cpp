#include "base/text.hpp"
#include "door/objects_body.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_xml.hpp"
#include "door/xml_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mayfly::door {

namespace {

// A document of a bucket: how it is marked, its XML root, and what is said when there is none.
struct Setting {
    std::string_view name, root, missing;
    bool settable;  // false: nothing here would act on it, so it is refused instead of kept
};
constexpr auto kSettings = std::to_array<Setting>({
    {"cors", "CORSConfiguration", "NoSuchCORSConfiguration", true},
    {"lifecycle", "LifecycleConfiguration", "NoSuchLifecycleConfiguration", true},
    {"tagging", "Tagging", "NoSuchTagSet", true},
    {"policy", "", "NoSuchBucketPolicy", true},
    {"website", "", "NoSuchWebsiteConfiguration", false},
    {"encryption", "", "ServerSideEncryptionConfigurationNotFoundError", false},
    {"publicAccessBlock", "", "NoSuchPublicAccessBlockConfiguration", false},
    {"logging", "BucketLoggingStatus", "", false},
    {"referer", "RefererConfiguration", "", false},
    {"notification", "NotificationConfiguration", "", false},
    {"requestPayment", "RequestPaymentConfiguration", "", false},
});

const Setting& setting_of(const ObjectsAsked& asked) {
    return *std::ranges::find_if(kSettings,
                                 [&](const Setting& one) { return asked.has(one.name); });
}

Result<void> check_setting(const Setting& setting, const std::string& document,
                           const std::string& bucket) {
    if (setting.name == "policy") {
        TRYV(auth::BucketPolicy::read(document, bucket));
        return {};
    }
    if (setting.name == "lifecycle") {
        TRYV(read_lifecycle(document));
        return {};
    }
    if (setting.name == "cors") {
        TRYV(read_cors(document));
        return {};
    }
    return check_document(document, setting.root);
}

}  // namespace

ObjectsDoor::Answer ObjectsDoor::get_setting(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    const auto& setting = setting_of(asked);
    if (const auto at = bucket->settings.find(std::string(setting.name));
        at != bucket->settings.end()) {
        if (setting.name != "policy") co_return xml(at->second);
        Response response{.body = at->second};
        response.headers.add("Content-Type", "application/json");
        co_return response;
    }
    if (setting.missing.empty()) {  // "nothing is set" is an answer, not an error
        XmlText text(setting.root, name_space(asked));
        if (setting.name == "requestPayment") text.add("Payer", "BucketOwner");
        co_return xml(text.end());
    }
    auto code = std::string(setting.missing);
    if (asked.oss() && setting.name == "lifecycle") code = "NoSuchLifecycle";
    co_return fail(
        Kind::not_found,
        fmt::format("the bucket '{}' has no {} configuration", asked.bucket, setting.name), code);
}

ObjectsDoor::Answer ObjectsDoor::put_setting(Request& request, const Asked& asked) {
    CO_TRYV(store_.bucket(asked.bucket));
    const auto& setting = setting_of(asked);
    CO_TRY(auto document, co_await take_document(request, asked));
    if (!setting.settable)
        co_return fail(
            Kind::invalid,
            fmt::format("this server has no {} of buckets, so it cannot be set", setting.name),
            "NotImplemented");
    CO_TRYV(check_setting(setting, document, asked.bucket));
    CO_TRYV(co_await store_.set(asked.bucket, std::string(setting.name), std::move(document)));
    co_return done();
}

ObjectsDoor::Answer ObjectsDoor::remove_setting(Request&, const Asked& asked) {
    CO_TRYV(co_await store_.set(asked.bucket, std::string(setting_of(asked).name), std::nullopt));
    co_return done(204);
}

ObjectsDoor::Answer ObjectsDoor::get_acl(Request&, const Asked& asked) {
    using objects::Acl;
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    auto acl = bucket->acl;
    const AccountId owner = bucket->account;
    if (!asked.key.empty()) {
        CO_TRY(const auto object, store_.find(asked.bucket, asked.key, asked.version()));
        acl = asked.oss() || object->meta.acl != Acl::inherit ? object->meta.acl : Acl::closed;
    }
    XmlText text("AccessControlPolicy", name_space(asked));
    text.open("Owner").add("ID", owner).add("DisplayName", owner).close();
    text.open("AccessControlList");
    if (asked.oss()) {
        text.add("Grant", acl_text(acl));
        co_return xml(text.end());
    }
    constexpr auto kType = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=";
    const auto everyone = [&](const char* permission) {
        text.open("Grant")
            .open("Grantee", std::string(kType) + "\"Group\"")
            .add("URI", "http://acs.amazonaws.com/groups/global/AllUsers")
            .close()
            .add("Permission", permission)
            .close();
    };
    text.open("Grant")
        .open("Grantee", std::string(kType) + "\"CanonicalUser\"")
        .add("ID", owner)
        .add("DisplayName", owner)
        .close()
        .add("Permission", "FULL_CONTROL")
        .close();
    if (acl == Acl::public_read || acl == Acl::public_read_write) everyone("READ");
    if (acl == Acl::public_read_write) everyone("WRITE");
    co_return xml(text.end());
}

// Only the canned ones, by header: a list of grants in a document is refused, not half kept.
ObjectsDoor::Answer ObjectsDoor::put_acl(Request& request, const Asked& asked) {
    const bool of_object = !asked.key.empty();
    const auto sent = asked.oss() && of_object ? request.headers.get("x-oss-object-acl")
                                               : request.headers.get(asked.header("acl"));
    CO_TRY(const auto document, co_await take_document(request, asked));
    CO_TRY(const auto acl, read_acl(sent));
    if (!acl)
        co_return fail(Kind::invalid,
                       fmt::format("send one of private, public-read, public-read-write in the "
                                   "header {}; lists of grants are not kept",
                                   asked.header("acl")),
                       document.empty() ? "InvalidArgument" : "NotImplemented");
    if (!of_object) {
        CO_TRYV(co_await store_.set_acl(asked.bucket, *acl));
        co_return done();
    }
    CO_TRY(const auto object, store_.find(asked.bucket, asked.key, asked.version()));
    auto meta = object->meta;
    meta.acl = *acl;
    CO_TRYV(co_await store_.set_meta(asked.bucket, *object, std::move(meta)));
    co_return done();
}

ObjectsDoor::Answer ObjectsDoor::get_versioning(Request&, const Asked& asked) {
    CO_TRY(const auto* bucket, store_.bucket(asked.bucket));
    XmlText text("VersioningConfiguration", name_space(asked));
    if (bucket->versioning != objects::Versioning::never)
        text.add("Status",
                 bucket->versioning == objects::Versioning::enabled ? "Enabled" : "Suspended");
    co_return xml(text.end());
}

ObjectsDoor::Answer ObjectsDoor::put_versioning(Request& request, const Asked& asked) {
    CO_TRYV(store_.bucket(asked.bucket));
    CO_TRY(const auto document, co_await take_document(request, asked));
    CO_TRY(const auto wanted, read_versioning_document(document));
    CO_TRYV(co_await store_.set_versioning(asked.bucket, wanted));
    co_return done();
}

}  // namespace mayfly::door
