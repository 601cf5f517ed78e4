#include "door/objects_door.hpp"

#include "base/text.hpp"
#include "door/objects_cors.hpp"
#include "door/objects_errors.hpp"
#include "door/objects_refused.hpp"
#include "door/objects_xml.hpp"
#include "objects/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mayfly::door {

namespace {

std::string resource_of(const ObjectsAsked& asked) {
    return asked.key.empty() ? asked.bucket : asked.bucket + "/" + asked.key;
}

}  // namespace

// A request asks for the first route that fits: its method, whether it names a key, and one
// parameter that says which of a path's meanings is wanted. Its action is what policies call it.
struct ObjectsDoor::Route {
    enum class On { service, bucket, object };
    std::string_view method;
    On on;
    std::string_view marked_by;  // a parameter; empty: none
    Needs needs;
    Handle handle;
    std::string_view action;
};

const ObjectsDoor::Route* ObjectsDoor::route_of(const Request& request, const Asked& asked) {
    using On = Route::On;
    using D = ObjectsDoor;
    static constexpr auto kRoutes = std::to_array<Route>({
        {"GET", On::service, "", Needs::own, &D::list_buckets, "ListAllMyBuckets"},

        {"GET", On::object, "uploadId", Needs::own, &D::list_parts, "ListMultipartUploadParts"},
        {"GET", On::object, "tagging", Needs::read, &D::get_tagging, "GetObjectTagging"},
        {"GET", On::object, "acl", Needs::own, &D::get_acl, "GetObjectAcl"},
        {"GET", On::object, "", Needs::read, &D::get_object, "GetObject"},
        {"HEAD", On::object, "", Needs::read, &D::get_object, "GetObject"},
        {"PUT", On::object, "tagging", Needs::own, &D::put_tagging, "PutObjectTagging"},
        {"PUT", On::object, "acl", Needs::own, &D::put_acl, "PutObjectAcl"},
        {"DELETE", On::object, "tagging", Needs::own, &D::remove_tagging, "DeleteObjectTagging"},
        {"DELETE", On::object, "uploadId", Needs::write, &D::abort_upload, "AbortMultipartUpload"},
        {"DELETE", On::object, "", Needs::write, &D::remove_object, "DeleteObject"},
        {"POST", On::object, "uploads", Needs::write, &D::start_upload, "PutObject"},
        {"POST", On::object, "uploadId", Needs::write, &D::complete_upload, "PutObject"},
        {"POST", On::object, "append", Needs::write, &D::append_object, "PutObject"},

        {"GET", On::bucket, "uploads", Needs::own, &D::list_uploads, "ListBucketMultipartUploads"},
        {"GET", On::bucket, "versions", Needs::own, &D::list_versions, "ListBucketVersions"},
        {"GET", On::bucket, "versioning", Needs::own, &D::get_versioning, "GetBucketVersioning"},
        {"GET", On::bucket, "location", Needs::own, &D::bucket_location, "GetBucketLocation"},
        {"GET", On::bucket, "bucketInfo", Needs::own, &D::bucket_info, "GetBucketInfo"},
        {"GET", On::bucket, "stat", Needs::own, &D::bucket_stat, "GetBucketStat"},
        {"GET", On::bucket, "acl", Needs::own, &D::get_acl, "GetBucketAcl"},
        {"GET", On::bucket, "", Needs::read, &D::list_objects, "ListBucket"},
        {"HEAD", On::bucket, "", Needs::read, &D::head_bucket, "ListBucket"},
        {"PUT", On::bucket, "versioning", Needs::own, &D::put_versioning, "PutBucketVersioning"},
        {"PUT", On::bucket, "acl", Needs::own, &D::put_acl, "PutBucketAcl"},
        {"PUT", On::bucket, "", Needs::own, &D::make_bucket, "CreateBucket"},
        {"POST", On::bucket, "delete", Needs::write, &D::remove_many, "DeleteObject"},
        {"DELETE", On::bucket, "", Needs::own, &D::remove_bucket, "DeleteBucket"},
    });
    // Documents of a bucket that are kept as they came.
    static constexpr std::array<std::string_view, 11> kSettings{
        "cors",    "lifecycle",    "policy",     "tagging",        "website",          "logging",
        "referer", "notification", "encryption", "requestPayment", "publicAccessBlock"};
    static constexpr std::array kSetting{
        Route{"GET", On::bucket, "", Needs::own, &D::get_setting, "GetBucketSetting"},
        Route{"PUT", On::bucket, "", Needs::own, &D::put_setting, "PutBucketSetting"},
        Route{"DELETE", On::bucket, "", Needs::own, &D::remove_setting, "DeleteBucketSetting"}};
    // Their own routes, for they have a header as mark.
    static constexpr Route kPut{"PUT", On::object, "", Needs::write, &D::put_object, "PutObject"};
    static constexpr Route kCopy{"PUT", On::object, "", Needs::write, &D::copy_object, "PutObject"};
    static constexpr Route kPart{"PUT", On::object, "", Needs::write, &D::put_part, "PutObject"};
    static constexpr Route kCopyPart{"PUT",        On::object,    "",
                                     Needs::write, &D::copy_part, "PutObject"};

    const auto on = asked.bucket.empty() ? On::service
                    : asked.key.empty()  ? On::bucket
                                         : On::object;
    if (on == On::bucket)
        for (const auto name : kSettings)
            if (asked.has(name))
                for (const auto& route : kSetting)
                    if (route.method == request.method) return &route;
    for (const auto& route : kRoutes) {
        if (route.method != request.method || route.on != on) continue;
        if (route.marked_by.empty() || asked.has(route.marked_by)) return &route;
    }
    if (request.method != "PUT" || on != On::object) return nullptr;
    const bool copy = request.headers.has(asked.header("copy-source"));
    if (asked.has("uploadId")) return copy ? &kCopyPart : &kPart;
    return copy ? &kCopy : &kPut;
}

ObjectsDoor::ObjectsDoor(Options options, objects::Store& store, const auth::KeyRing& keys,
                         const Clock& clock, Rng& rng, const Log& log)
    : options_(std::move(options)),
      store_(store),
      keys_(keys),
      clock_(clock),
      rng_(rng),
      log_(log) {}

// One of the two places that catch: an exception here is our fault, and the connection goes on.
Task<Response> ObjectsDoor::answer(Request& request) {
    if (request.method == "GET" &&
        (request.path == "/readyz" || request.path == "/minio/health/live"))
        co_return Response{.body = "ready\n"};
    auto asked = objects_asked(request);
    asked.request_id = random_hex(rng_, 12);
    for (char& c : asked.request_id)
        if (c >= 'a') c = static_cast<char>(c - 32);
    Result<Response> response;
    try {
        response = co_await dispatch(request, asked);
    } catch (const std::exception& e) {
        response = fail(Kind::internal, e.what());
    }
    if (!response) {
        if (response.error().kind == Kind::internal)
            log_.error("{} {} failed ({}): {}", request.method, request.path, asked.request_id,
                       response.error().what);
        response = objects_error(response.error(), asked, request);
    }
    add_cors(*response, request, asked);
    response->headers.add(asked.header("request-id"), asked.request_id);
    response->headers.add("Server", asked.oss() ? "AliyunOSS" : "Mayfly");
    co_return *std::move(response);
}

ObjectsDoor::Answer ObjectsDoor::dispatch(Request& request, Asked& asked) {
    if (request.method == "OPTIONS") co_return preflight(request, asked);
    if (is_form(request, asked)) co_return co_await take_form(request, asked);
    CO_TRYV(door::identify(keys_, temporary_, request, clock_.wall(), asked));
    if (asked.key_used) request.is_paid_by(asked.key_used->account);
    const auto* route = route_of(request, asked);
    if (!route)
        co_return fail(Kind::invalid,
                       fmt::format("{} is not served at {}", request.method, request.path),
                       "MethodNotAllowed");
    if (!asked.key.empty()) CO_TRYV(objects::check_key(asked.key));
    CO_TRYV(permit_function(request, asked, route->needs));
    CO_TRYV(refuse_what_is_not_done(request, asked));
    // Of many keys each is looked at where they are read.
    const bool of_many = route->handle == &ObjectsDoor::remove_many && is_judged_by_key(asked);
    if (!of_many) CO_TRYV(permit(asked, route->needs, route->action));
    co_return co_await (this->*route->handle)(request, asked);
}

// A function works with objects; whom a bucket is open to, and how it behaves, is its owner's.
Result<void> ObjectsDoor::permit_function(const Request& request, const Asked& asked, Needs needs) {
    const bool of_objects = !asked.key.empty() && !asked.has("acl");
    if (!asked.function || needs != Needs::own || request.method == "GET" || of_objects) return {};
    return fail(Kind::denied,
                "a function's temporary key reads and writes objects; to change a bucket or an "
                "ACL, sign with a key of the account",
                "AccessDenied");
}

// Of the role whose key signed; null if it has none, or no role's key did.
const auth::RolePolicy* ObjectsDoor::role_policy(const Asked& asked) const {
    return asked.function && roles_ ? roles_->roles().of(asked.function->role) : nullptr;
}

// Whether some keys of a bucket may be let through and others not.
bool ObjectsDoor::is_judged_by_key(const Asked& asked) const {
    const auto bucket = store_.bucket(asked.bucket);
    return (bucket && (*bucket)->settings.contains("policy")) || role_policy(asked);
}

auth::BucketPolicy::Says ObjectsDoor::policy_says(const objects::Bucket& bucket, const Asked& asked,
                                                  std::string_view action) const {
    using Says = auth::Says;
    const auto at = bucket.settings.find("policy");
    if (at == bucket.settings.end()) return Says::nothing;
    auto known = policies_.find(bucket.name);
    if (known == policies_.end() || known->second.text != at->second) {
        auto read = auth::BucketPolicy::read(at->second, bucket.name);
        if (!read) return Says::denies;  // it was read when it was set: never to be guessed at
        known =
            policies_.insert_or_assign(bucket.name, ReadPolicy{at->second, *std::move(read)}).first;
    }
    return known->second.policy.says(
        {.account = asked.key_used ? std::string_view(asked.key_used->account) : "",
         .role = asked.function ? std::string_view(asked.function->role) : "",
         .action = action,
         .resource = resource_of(asked)});
}

// What a policy denies, the role's or the bucket's, is denied; but a bucket's owner can always
// change its settings, the policy among them. What the bucket's policy allows is allowed. Else the
// role must allow it, if it has a policy; then the owner may do all in a bucket, and others what
// the ACL of bucket or object says.
Result<void> ObjectsDoor::permit(const Asked& asked, Needs needs, std::string_view action) const {
    using objects::Acl;
    const auto denied = [&] {
        return fail(Kind::denied,
                    asked.key_used
                        ? fmt::format("the bucket '{}' is another account's, and its ACL does not "
                                      "let you",
                                      asked.bucket)
                        : "the request is not signed, and the ACL does not let everyone",
                    "AccessDenied");
    };
    using Says = auth::Says;
    const auto* role = role_policy(asked);
    const auto role_says = role ? role->says(action, resource_of(asked)) : Says::allows;
    const auto denied_by_role = [&] {
        return fail(Kind::denied,
                    fmt::format("the policy of the role '{}' {} {} on '{}'", asked.function->role,
                                role_says == Says::denies ? "denies" : "does not allow", action,
                                resource_of(asked)),
                    "AccessDenied");
    };
    if (role_says == Says::denies || (asked.bucket.empty() && role_says == Says::nothing))
        return denied_by_role();
    if (asked.bucket.empty()) return asked.key_used ? Result<void>() : denied();
    const auto bucket = store_.bucket(asked.bucket);
    if (!bucket) {  // who is nobody learns nothing of names; who makes a bucket needs none yet
        if (asked.key_used) return {};
        return denied();
    }
    const bool is_owner = asked.key_used && (*bucket)->account == asked.key_used->account;
    switch (is_owner && action.ends_with("BucketSetting") ? Says::nothing
                                                          : policy_says(**bucket, asked, action)) {
        case Says::allows:  // of another account's role, both must
            if (is_owner || role_says == Says::allows) return {};
            return denied_by_role();
        case Says::denies:
            return fail(
                Kind::denied,
                fmt::format("the policy of the bucket '{}' denies {}", asked.bucket, action),
                "AccessDenied");
        case Says::nothing: break;
    }
    if (role_says == Says::nothing) return denied_by_role();
    if (is_owner) return {};
    auto acl = (*bucket)->acl;
    if (needs == Needs::read && !asked.key.empty())
        if (const auto object = store_.find(asked.bucket, asked.key);
            object && (*object)->meta.acl != Acl::inherit)
            acl = (*object)->meta.acl;
    if (needs == Needs::read && acl != Acl::closed && acl != Acl::inherit) return {};
    if (needs == Needs::write && acl == Acl::public_read_write) return {};
    return denied();
}

// A browser asks, without a signature, whether it may send a request.
Result<Response> ObjectsDoor::preflight(const Request& request, const Asked& asked) const {
    const auto origin = request.headers.get("Origin");
    const auto headers = request.headers.get("Access-Control-Request-Headers");
    const auto bucket = store_.bucket(asked.bucket);
    const auto refused = [] {
        return fail(Kind::denied,
                    "no CORS rule of the bucket allows this origin, method and headers",
                    "AccessForbidden");
    };
    if (!bucket || origin.empty()) return refused();
    const auto at = (*bucket)->settings.find("cors");
    if (at == (*bucket)->settings.end()) return refused();
    TRY(const auto rules, read_cors(at->second));
    const auto* rule =
        cors_rule(rules, origin, request.headers.get("Access-Control-Request-Method"), headers);
    if (!rule) return refused();
    Response response;
    add_cors_headers(response, *rule, origin, headers);
    return response;
}

void ObjectsDoor::add_cors(Response& response, const Request& request, const Asked& asked) const {
    const auto origin = request.headers.get("Origin");
    if (origin.empty() || request.method == "OPTIONS") return;
    const auto bucket = store_.bucket(asked.bucket);
    if (!bucket) return;
    const auto at = (*bucket)->settings.find("cors");
    if (at == (*bucket)->settings.end()) return;
    const auto rules = read_cors(at->second);
    if (!rules) return;
    if (const auto* rule = cors_rule(*rules, origin, request.method, ""))
        add_cors_headers(response, *rule, origin, "");
}

Task<> ObjectsDoor::tidy(io::Timers& timers) {
    constexpr auto kSweepEvery = Seconds{60};
    constexpr int kExpireEvery = 60, kScrubEvery = 24 * 60;  // sweeps
    if (const auto gone = co_await store_.drop_orphans(); gone && *gone)
        log_.info("{} files of puts that were cut short are removed", *gone);
    if (const auto copied = co_await store_.catch_up(); !copied)
        log_.error("the replica cannot catch up: {}", copied.error().what);
    else if (*copied > 0) log_.info("{} files are copied to the replica", *copied);
    for (int round = 0;; ++round) {
        if (round % kScrubEvery == kScrubEvery - 1) {
            const auto scrubbed = co_await store_.scrub(timers);
            if (!scrubbed) log_.error("objects cannot be checked: {}", scrubbed.error().what);
            else
                log_.info("{} bodies of objects were checked, {} are damaged, {} were mended",
                          scrubbed->bodies, scrubbed->damaged, scrubbed->mended);
        }
        if (const auto swept = co_await store_.sweep(); !swept)
            log_.error("files of removed objects stay: {}", swept.error().what);
        if (round % kExpireEvery == 0) {
            for (const auto& bucket : store_.all_buckets()) {
                const auto at = bucket.settings.find("lifecycle");
                if (at == bucket.settings.end()) continue;
                auto rules = read_lifecycle(at->second);
                if (!rules) continue;  // it was checked when it was set
                const auto gone = co_await store_.expire(bucket.name, *std::move(rules));
                if (!gone) log_.error("bucket {}: {}", bucket.name, gone.error().what);
                else if (*gone) log_.info("bucket {}: {} expired", bucket.name, *gone);
            }
        }
        co_await timers.until(timers.now() + kSweepEvery);
    }
}

Response ObjectsDoor::xml(std::string text) {
    Response response{.body = std::move(text)};
    response.headers.add("Content-Type", "application/xml");
    return response;
}

std::string_view ObjectsDoor::name_space(const Asked& asked) {
    return asked.oss() ? "" : "http://s3.amazonaws.com/doc/2006-03-01/";
}

}  // namespace mayfly::door
