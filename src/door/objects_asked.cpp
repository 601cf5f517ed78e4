#include "door/objects_asked.hpp"

#include "auth/claimed_key.hpp"
#include "auth/form_signature.hpp"
#include "auth/oss_signature.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace mayfly::door {

namespace {

ObjectPlace by_path(std::string_view path) {
    if (path.starts_with('/')) path.remove_prefix(1);
    const auto slash = path.find('/');
    ObjectPlace place{.bucket = percent_decode(path.substr(0, slash))};
    if (slash != path.npos) place.key = percent_decode(path.substr(slash + 1));
    return place;
}

// The label before a host name of a vendor's form, or before localhost; nothing if it is another.
std::optional<std::string_view> bucket_of_host(std::string_view host) {
    if (const auto colon = host.rfind(':'); colon != host.npos && !host.ends_with(']'))
        host = host.substr(0, colon);
    const auto before = [&](std::string_view mark) -> std::optional<std::string_view> {
        const auto at = host.find(mark);
        if (at == host.npos) return std::nullopt;
        return host.substr(0, at);
    };
    if (host.ends_with(".aliyuncs.com")) return before(".oss-");
    if (host.ends_with(".amazonaws.com"))
        if (const auto found = before(".s3")) return found;
    if (host.ends_with(".localhost")) return before(".localhost");
    return std::nullopt;
}

auth::SignedRequest signed_request(const Request& request) {
    return {request.method, request.path, request.query, request.headers.fields()};
}

// What a presigned URL of S3 says of its signature is long, and nobody else's affair. It stands at
// the end of most.
std::string_view without_v4_signature(std::string_view query) {
    constexpr std::string_view kBegins = "X-Amz-";
    for (;;) {
        const auto last = query.rfind('&');
        const auto from = last == query.npos ? 0 : last + 1;
        if (!query.substr(from).starts_with(kBegins)) return query;
        query = query.substr(0, last == query.npos ? 0 : last);
        if (query.empty()) return query;
    }
}

bool has_header_with(const Request& request, std::string_view prefix) {
    return std::ranges::any_of(request.headers, [&](const auto& field) {
        return field.first.size() >= prefix.size() &&
               iequals(std::string_view(field.first).substr(0, prefix.size()), prefix);
    });
}

Dialect dialect_of(const Request& request, const auth::SignedRequest& r) {
    if (auth::is_oss(r) || auth::is_oss_url(request.query)) return Dialect::oss;
    if (auth::is_aws_v4(r) || auth::is_aws_v2(r) || auth::is_aws_v4_url(request.query) ||
        auth::is_aws_v2_url(request.query))
        return Dialect::s3;
    if (has_header_with(request, "x-oss-")) return Dialect::oss;
    if (has_header_with(request, "x-amz-")) return Dialect::s3;
    return request.headers.get("Host").find(".oss-") != std::string_view::npos ? Dialect::oss
                                                                               : Dialect::s3;
}

}  // namespace

std::string ObjectPlace::resource() const {
    return bucket.empty() ? "/" : "/" + bucket + "/" + key;
}

std::vector<ObjectPlace> object_places(std::string_view host, std::string_view path) {
    const auto named = bucket_of_host(host);
    auto in_path = by_path(path);
    if (!named || named->empty()) return {std::move(in_path)};
    ObjectPlace in_host{.bucket = std::string(*named), .by_host = true};
    in_host.key = percent_decode(path.starts_with('/') ? path.substr(1) : path);
    if (in_path.bucket == in_host.bucket) return {std::move(in_path), std::move(in_host)};
    return {std::move(in_host)};
}

bool ObjectsAsked::has(std::string_view name) const {
    return std::ranges::any_of(query, [&](const auto& p) { return p.first == name; });
}

std::string_view ObjectsAsked::get(std::string_view name) const {
    for (const auto& [key_, value] : query)
        if (key_ == name) return value;
    return {};
}

objects::WantedVersion ObjectsAsked::version() const {
    if (!has("versionId")) return std::nullopt;
    return std::string(get("versionId"));
}

std::string ObjectsAsked::header(std::string_view name) const {
    return std::string(prefix()) + std::string(name);
}

objects::Cause ObjectsAsked::cause(const Request& request, std::string event) const {
    objects::Cause cause{.event = std::move(event),
                         .request_id = request_id,
                         .client_ip = request.client_ip,
                         .principal = account(),
                         .traceparent = std::string(request.headers.get("traceparent"))};
    if (!parse_trace(cause.traceparent, "")) cause.traceparent.clear();
    if (function && cause.traceparent.empty()) cause.traceparent = function->traceparent;
    if (!function || !function->caused_by) return cause;
    const auto& by = *function->caused_by;
    cause.trigger =
        objects::watch_name(account(), function->service, function->function, by.trigger);
    cause.event_id = by.event;
    cause.depth = by.depth;
    return cause;
}

ObjectsAsked objects_asked(const Request& request) {
    ObjectsAsked asked{.dialect = dialect_of(request, signed_request(request))};
    asked.query = query_parameters(without_v4_signature(request.query));
    // A reading of both is decided by the signature; an anonymous request means what the Host says.
    auto places = object_places(request.headers.get("Host"), request.path);
    asked.bucket = std::move(places.back().bucket);
    asked.key = std::move(places.back().key);
    return asked;
}

namespace {

Result<void> identify_in(const auth::KeyRing& keys, const Request& request, WallTime now,
                         ObjectsAsked& asked) {
    const auto r = signed_request(request);
    const auto places_of = [&] { return object_places(request.headers.get("Host"), request.path); };
    if (auth::is_oss(r) || auth::is_oss_url(request.query)) {
        auto places = places_of();
        std::vector<std::string> resources;
        for (const auto& place : places) resources.push_back(place.resource());
        TRY(const auto found, auth::is_oss(r) ? auth::verify_oss(keys, r, resources, now)
                                              : auth::verify_oss_url(keys, r, resources, now));
        asked.key_used = found.key;
        asked.bucket = std::move(places[found.resource].bucket);
        asked.key = std::move(places[found.resource].key);
        return {};
    }
    const auto host_bucket = [&] {
        const auto place = places_of().back();
        return place.by_host ? place.bucket : std::string();
    };
    std::optional<Result<auth::AwsSigned>> found;
    if (auth::is_aws_v4(r)) found = auth::verify_aws_v4(keys, r, now);
    else if (auth::is_aws_v4_url(request.query)) found = auth::verify_aws_v4_url(keys, r, now);
    else if (auth::is_aws_v2(r)) found = auth::verify_aws_v2(keys, r, host_bucket(), now);
    else if (auth::is_aws_v2_url(request.query))
        found = auth::verify_aws_v2_url(keys, r, host_bucket(), now);
    if (!found) {
        if (!request.headers.has("Authorization")) return {};
        return fail(Kind::invalid,
                    "the Authorization header is of no scheme this server knows: AWS4-HMAC-SHA256, "
                    "AWS, OSS or OSS4-HMAC-SHA256",
                    "InvalidArgument");
    }
    TRYV(*found);
    asked.aws = std::move(**found);
    asked.key_used = asked.aws.key;
    return {};
}

// A glance that spares all others the look: the mark of such keys' ids needs no encoding.
bool may_be_temporary(const Request& request) {
    constexpr std::string_view kMark = "STS.";
    return request.query.find(kMark) != std::string_view::npos ||
           request.headers.get("Authorization").find(kMark) != std::string_view::npos;
}

// In the words of object stores.
Failure no_temporary_key(Error error) {
    if (error.code == "InvalidAccessKeyID") error.code = "InvalidAccessKeyId";
    return Failure(std::move(error));
}

}  // namespace

Result<void> identify(const auth::KeyRing& keys, const auth::TemporaryKeys* temporary,
                      const Request& request, WallTime now, ObjectsAsked& asked) {
    if (!temporary || !may_be_temporary(request)) return identify_in(keys, request, now, asked);
    const auto claimed = auth::claimed_object_key(signed_request(request));
    if (!auth::TemporaryKeys::is_temporary(claimed.id))
        return identify_in(keys, request, now, asked);
    auto found = temporary->find(claimed.id, claimed.token, now);
    if (!found) return no_temporary_key(std::move(found).error());
    auth::KeyRing only;  // such a key stands in no list
    only.add(found->key);
    TRYV(identify_in(only, request, now, asked));
    asked.function = std::make_shared<const auth::TemporaryKey>(*std::move(found));
    asked.key_used = asked.aws.key = &asked.function->key;
    return {};
}

Result<void> identify_form(const auth::KeyRing& keys, const auth::TemporaryKeys* temporary,
                           const auth::FormFields& fields, WallTime now, ObjectsAsked& asked) {
    const auto claimed = auth::claimed_form(fields);
    if (claimed.oss) asked.dialect = Dialect::oss;
    if (claimed.id.empty()) return {};
    if (!temporary || !auth::TemporaryKeys::is_temporary(claimed.id)) {
        TRY(asked.key_used, auth::verify_form(keys, fields));
        return {};
    }
    auto found = temporary->find(claimed.id, claimed.token, now);
    if (!found) return no_temporary_key(std::move(found).error());
    auth::KeyRing only;
    only.add(found->key);
    TRYV(auth::verify_form(only, fields));
    asked.function = std::make_shared<const auth::TemporaryKey>(*std::move(found));
    asked.key_used = &asked.function->key;
    return {};
}

}  // namespace mayfly::door
