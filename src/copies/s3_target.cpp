#include "copies/s3_target.hpp"

#include "auth/aws_signature.hpp"
#include "base/digest.hpp"
#include "base/text.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace mayfly::copies {

namespace {

constexpr std::string_view kUnsigned = "UNSIGNED-PAYLOAD";
constexpr std::size_t kAnswerMax = 4096;  // an error document

struct Free {
    void operator()(CURL* c) const { curl_easy_cleanup(c); }
    void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

// The body on its way into curl.
struct Upload {
    objects::BodyReader* body;
    std::string piece{};
    std::size_t given = 0;
    std::optional<Error> broken{};
};

std::size_t give(char* to, std::size_t, std::size_t room, void* data) {
    auto& upload = *static_cast<Upload*>(data);
    if (upload.given == upload.piece.size()) {
        auto next = upload.body->next();
        if (!next) {
            upload.broken = std::move(next).error();
            return CURL_READFUNC_ABORT;
        }
        upload.piece = *std::move(next);
        upload.given = 0;
    }
    const auto count = std::min(room, upload.piece.size() - upload.given);
    std::copy_n(upload.piece.data() + upload.given, count, to);
    upload.given += count;
    return count;
}

std::size_t take(char* bytes, std::size_t, std::size_t count, void* data) {
    auto& answer = *static_cast<std::string*>(data);
    answer.append(bytes, std::min(count, kAnswerMax - answer.size()));
    return count;
}

Result<void> judged(CURL* curl, CURLcode code, const std::string& url, const std::string& answer) {
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fail(Kind::timed_out, url + " did not answer in time");
    if (code != CURLE_OK)
        return fail(Kind::unavailable, fmt::format("{}: {}", url, curl_easy_strerror(code)));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (status >= 200 && status < 300) return {};
    const auto kind = status == 403   ? Kind::denied
                      : status >= 500 ? Kind::unavailable
                                      : Kind::failed;
    return fail(kind, fmt::format("{} answered {}: {}", url, status, answer));
}

}  // namespace

struct S3Target::Request {
    std::string method, name;
    std::vector<std::pair<std::string, std::string>> headers{};
    std::uint64_t bytes = 0;
};

Result<S3Target> S3Target::from(TargetOptions options) {
    const std::string_view url = options.url;
    const auto scheme = url.find("://");
    const auto slash = scheme == url.npos ? url.npos : url.find('/', scheme + 3);
    if (slash == url.npos || slash + 1 == url.size() ||
        (!url.starts_with("http://") && !url.starts_with("https://")))
        return fail(Kind::invalid, fmt::format("'{}' is not the place of copies; write "
                                               "https://HOST/BUCKET or https://HOST/BUCKET/PREFIX",
                                               url));
    if (options.key.id.empty() || options.key.secret.empty())
        return fail(Kind::invalid,
                    "copies of objects need a key of the other store: set "
                    "MAYFLY_OBJECTS_COPY_ACCESS_KEY_ID and MAYFLY_OBJECTS_COPY_ACCESS_KEY_SECRET");
    curl_global_init(CURL_GLOBAL_DEFAULT);
    S3Target target;
    target.origin_ = url.substr(0, slash);
    target.path_ = url.substr(slash);
    if (!target.path_.ends_with('/')) target.path_ += '/';
    target.key_ = std::move(options.key);
    target.region_ = std::move(options.region);
    return target;
}

Result<void> S3Target::put(const std::string& name, const objects::Object& object,
                           objects::BodyReader& body, WallTime now) const {
    Request request{.method = "PUT", .name = name, .bytes = object.size};
    for (const auto& [header, value] : object.meta.headers)
        request.headers.emplace_back(header, value);
    for (const auto& [header, value] : object.meta.user)
        request.headers.emplace_back("x-amz-meta-" + header, value);
    std::string tags;
    for (const auto& [key, value] : object.meta.tags)
        tags += (tags.empty() ? "" : "&") + percent_encode(key) + "=" + percent_encode(value);
    if (!tags.empty()) request.headers.emplace_back("x-amz-tagging", tags);
    if (const auto md5 = objects::md5_of(object))
        request.headers.emplace_back("content-md5", base64(*md5));
    return send(request, &body, now);
}

Result<void> S3Target::remove(const std::string& name, WallTime now) const {
    return send({.method = "DELETE", .name = name}, nullptr, now);
}

Result<void> S3Target::send(const Request& request, objects::BodyReader* body, WallTime now) const {
    const std::unique_ptr<CURL, Free> curl(curl_easy_init());
    if (!curl) return fail(Kind::internal, "curl cannot begin");
    std::string path;
    for (const char c : path_ + request.name)
        path += c == '/' ? std::string("/") : percent_encode(std::string_view(&c, 1));
    auto headers = request.headers;
    headers.emplace_back("host", origin_.substr(origin_.find("://") + 3));
    const auth::SignedRequest is_signed{request.method, path, "", headers};
    for (auto& one : auth::sign_aws_v4(key_, is_signed, kUnsigned, now, region_))
        headers.push_back(std::move(one));
    std::unique_ptr<curl_slist, Free> list;
    for (const auto& [name, value] : headers)
        list.reset(curl_slist_append(list.release(), (name + ": " + value).c_str()));
    list.reset(curl_slist_append(list.release(), "Expect:"));

    const auto url = origin_ + path;
    Upload upload{.body = body};
    std::string answer;
    const auto set = [&](CURLoption option, auto value) {
        curl_easy_setopt(curl.get(), option, value);
    };
    set(CURLOPT_URL, url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_CONNECTTIMEOUT_MS, 10'000L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);  // a byte a second, for a minute
    set(CURLOPT_LOW_SPEED_TIME, 60L);
    set(CURLOPT_HTTPHEADER, list.get());
    set(CURLOPT_USERAGENT, "mayfly/" MAYFLY_VERSION);
    set(CURLOPT_WRITEFUNCTION, &take);
    set(CURLOPT_WRITEDATA, &answer);
    if (body) {
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(request.bytes));
        set(CURLOPT_READFUNCTION, &give);
        set(CURLOPT_READDATA, &upload);
    } else {
        set(CURLOPT_CUSTOMREQUEST, "DELETE");
    }
    const auto code = curl_easy_perform(curl.get());
    if (upload.broken) return Failure(*upload.broken);
    return judged(curl.get(), code, url, answer);
}

}  // namespace mayfly::copies
