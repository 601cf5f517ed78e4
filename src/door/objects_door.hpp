// The object store over HTTP: S3's and OSS's dialect over one walk. A request becomes an
// ObjectsAsked, its sender is identified, what it asks for is looked up in one table and permitted,
// and one function answers it; what differs between the dialects is how the answer is written.
//
// Wire: S3's REST API (2006-03-01) and OSS's, as the clients named in docs/objects.md speak them.
#pragma once

#include "auth/bucket_policy.hpp"
#include "auth/keys.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/rng.hpp"
#include "door/http.hpp"
#include "door/objects_asked.hpp"
#include "door/objects_body.hpp"
#include "door/roles_api.hpp"
#include "io/timers.hpp"
#include "objects/store.hpp"

#include <map>
#include <string>
#include <string_view>

namespace mayfly::door {

// Loop thread. What it is given outlives it.
class ObjectsDoor {
public:
    struct Options {
        std::string region = "cn-hangzhou";  // told to clients that ask; every one is accepted
        Etag etag = Etag::by_size;           // of bodies that come in one request
    };

    ObjectsDoor(Options options, objects::Store& store, const auth::KeyRing& keys,
                const Clock& clock, Rng& rng, const Log& log);

    // Handler of the server on the objects' port, which streams.
    Task<Response> answer(Request& request);

    // What is over goes, now and then, until it is stopped: files nobody names, expired objects.
    Task<> tidy(io::Timers& timers);

    void set_url(std::string url) { url_ = std::move(url); }

    // Functions may sign with keys of these; before it is set they may not.
    void set_temporary_keys(const auth::TemporaryKeys& keys) { temporary_ = &keys; }

    // What the roles of functions let them do; before it is set, what functions may.
    void set_roles(const RolesApi& roles) { roles_ = &roles; }

private:
    using Asked = ObjectsAsked;
    using Answer = Task<Result<Response>>;
    using Handle = Answer (ObjectsDoor::*)(Request&, const Asked&);
    struct Route;
    enum class Needs { read, write, own };
    static const Route* route_of(const Request& request, const Asked& asked);

    Answer dispatch(Request& request, Asked& asked);
    Result<Response> preflight(const Request& request, const Asked& asked) const;
    void add_cors(Response& response, const Request& request, const Asked& asked) const;
    Result<void> permit(const Asked& asked, Needs needs, std::string_view action) const;
    const auth::RolePolicy* role_policy(const Asked& asked) const;
    bool is_judged_by_key(const Asked& asked) const;
    auth::BucketPolicy::Says policy_says(const objects::Bucket& bucket, const Asked& asked,
                                         std::string_view action) const;
    static Result<void> permit_function(const Request& request, const Asked& asked, Needs needs);
    static Result<Response> done(int status = 200) { return Response{.status = status}; }
    static Response xml(std::string text);
    static std::string_view name_space(const Asked& asked);
    std::string location(const Asked& asked) const;

    // Service and buckets: objects_buckets.cpp, objects_settings.cpp.
    Answer list_buckets(Request&, const Asked&);
    Answer make_bucket(Request&, const Asked&);
    Answer remove_bucket(Request&, const Asked&);
    Answer head_bucket(Request&, const Asked&);
    Answer bucket_info(Request&, const Asked&);
    Answer bucket_location(Request&, const Asked&);
    Answer bucket_stat(Request&, const Asked&);
    Answer get_acl(Request&, const Asked&);
    Answer put_acl(Request&, const Asked&);
    Answer get_versioning(Request&, const Asked&);
    Answer put_versioning(Request&, const Asked&);
    Answer get_setting(Request&, const Asked&);
    Answer put_setting(Request&, const Asked&);
    Answer remove_setting(Request&, const Asked&);

    // Listings: objects_list.cpp.
    Answer list_objects(Request&, const Asked&);
    Answer list_versions(Request&, const Asked&);
    Answer list_uploads(Request&, const Asked&);

    // Objects: objects_get.cpp, objects_put.cpp.
    Answer get_object(Request&, const Asked&);
    Answer put_object(Request&, const Asked&);
    Answer copy_object(Request&, const Asked&);
    Answer append_object(Request&, const Asked&);
    Answer remove_object(Request&, const Asked&);
    Answer remove_many(Request&, const Asked&);
    Answer get_tagging(Request&, const Asked&);
    Answer put_tagging(Request&, const Asked&);
    Answer remove_tagging(Request&, const Asked&);

    // A body and what its headers say of it become the object that is asked for.
    Task<Result<objects::Object>> store_body(Request& request, const Asked& asked,
                                             objects::ObjectMeta meta, std::string event);

    // A browser's form: objects_form.cpp. Who sends it, what key and which dialect stand in it.
    static bool is_form(const Request& request, const Asked& asked);
    Answer take_form(Request& request, Asked& asked);

    // Multipart uploads: objects_multipart.cpp.
    Answer start_upload(Request&, const Asked&);
    Answer put_part(Request&, const Asked&);
    Answer copy_part(Request&, const Asked&);
    Answer list_parts(Request&, const Asked&);
    Answer complete_upload(Request&, const Asked&);
    Answer abort_upload(Request&, const Asked&);

    struct Source {
        std::string bucket;
        objects::Object object;
    };
    Result<Source> copy_source(const Request& request, const Asked& asked) const;

    Options options_;
    objects::Store& store_;
    const auth::KeyRing& keys_;
    const auth::TemporaryKeys* temporary_ = nullptr;
    const RolesApi* roles_ = nullptr;
    const Clock& clock_;
    Rng& rng_;
    const Log& log_;
    std::string url_;
    // Policies of buckets with the text they were read from.
    struct ReadPolicy {
        std::string text;
        auth::BucketPolicy policy;
    };
    mutable std::map<std::string, ReadPolicy> policies_;
};

}  // namespace mayfly::door
