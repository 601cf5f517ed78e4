// Uploads by a browser's form: S3's POST Object and OSS's PostObject.
//
// The request itself is not signed; its fields are. So they are read first, up to the file, and
// decide who sends it and what may be stored; then the file goes the way of every body.
#include "auth/form_signature.hpp"
#include "base/text.hpp"
#include "door/form_data.hpp"
#include "door/objects_door.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_refused.hpp"
#include "door/objects_xml.hpp"
#include "door/xml_text.hpp"
#include "objects/names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace mayfly::door {

namespace {

// A form while it comes. As a body it is its file; of more or fewer bytes than its policy lets it
// have, it is an error.
class ComingForm final : public BodyReader {
public:
    ComingForm(BodyReader& from, std::string_view boundary) : from_(from), form_(boundary) {}

    // Until the file begins.
    Task<Result<void>> read_fields() {
        while (!form_.file_begun()) CO_TRYV(co_await read());
        co_return Result<void>();
    }

    Task<Result<std::string_view>> next() override {
        given_.clear();
        while (file_.empty() && !form_.file_ended()) CO_TRYV(co_await read());
        std::swap(given_, file_);
        size_ += given_.size();
        if (size_ > bytes_max)
            co_return fail(Kind::invalid,
                           fmt::format("the file is larger than the form's policy lets it be: {} "
                                       "bytes",
                                       bytes_max),
                           "EntityTooLarge");
        if (given_.empty() && size_ < bytes_min)
            co_return fail(Kind::invalid,
                           fmt::format("the file has {} bytes; by the form's policy it has at "
                                       "least {}",
                                       size_, bytes_min),
                           "EntityTooSmall");
        co_return std::string_view(given_);
    }

    const FormData& form() const { return form_; }

    std::uint64_t bytes_min = 0, bytes_max = std::numeric_limits<std::uint64_t>::max();

private:
    Task<Result<void>> read() {
        CO_TRY(const auto piece, co_await from_.next());
        if (piece.empty())
            co_return fail(Kind::invalid, "the form ended before its end", "IncompleteBody");
        co_return form_.add(piece, file_);
    }

    BodyReader& from_;
    FormData form_;
    std::string file_, given_;
    std::uint64_t size_ = 0;
};

// A form's own words; all else is a header of the put.
constexpr std::array<std::string_view, 21> kNoHeaders{"key",
                                                      "bucket",
                                                      "policy",
                                                      "signature",
                                                      "awsaccesskeyid",
                                                      "ossaccesskeyid",
                                                      "redirect",
                                                      "success_action_redirect",
                                                      "success_action_status",
                                                      "tagging",
                                                      "submit",
                                                      "content-length",
                                                      "x-amz-algorithm",
                                                      "x-amz-credential",
                                                      "x-amz-date",
                                                      "x-amz-signature",
                                                      "x-oss-credential",
                                                      "x-oss-date",
                                                      "x-oss-signature",
                                                      "x-oss-signature-version",
                                                      "x-oss-content-type"};

// OSS takes the type of an object from three places; what the policy says of one holds for all.
void settle_type(auth::FormFields& fields, const std::string& file_type) {
    std::string type(auth::form_field(fields, "x-oss-content-type"));
    if (type.empty()) type = auth::form_field(fields, "content-type");
    if (type.empty()) type = file_type;
    std::erase_if(fields, [](const auto& f) { return iequals(f.first, "content-type"); });
    if (!type.empty()) fields.emplace_back("content-type", std::move(type));
}

// The put that the form stands for.
Request as_put(const Request& request, const auth::FormFields& fields) {
    Request put{.method = "PUT", .client_ip = request.client_ip};
    for (const auto& [name, value] : fields)
        if (auto small = lower(name); std::ranges::find(kNoHeaders, small) == kNoHeaders.end())
            put.headers.add(small == "acl" ? "x-amz-acl" : std::move(small), value);
    return put;
}

bool is_web_address(std::string_view text) {
    const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 127; });
    return plain && (text.starts_with("http://") || text.starts_with("https://"));
}

// Where the browser is sent when all is well; nothing if it stays.
Result<std::optional<std::string>> redirect_of(const auth::FormFields& fields) {
    auto to = auth::form_field(fields, "success_action_redirect");
    if (to.empty()) to = auth::form_field(fields, "redirect");
    if (to.empty()) return std::nullopt;
    if (!is_web_address(to))
        return fail(Kind::invalid,
                    "success_action_redirect is no address that begins with http:// or https://, "
                    "percent-encoded",
                    "InvalidArgument");
    return std::string(to);
}

std::string with_file_name(std::string_view key, const std::string& file_name) {
    constexpr std::string_view kVariable = "${filename}";
    std::string out;
    for (;;) {
        const auto at = key.find(kVariable);
        out += key.substr(0, at);
        if (at == key.npos) return out;
        out += file_name;
        key.remove_prefix(at + kVariable.size());
    }
}

}  // namespace

bool ObjectsDoor::is_form(const Request& request, const Asked& asked) {
    constexpr std::string_view kKind = "multipart/form-data";
    const auto kind = request.headers.get("Content-Type");
    return request.method == "POST" && asked.key.empty() && !asked.bucket.empty() &&
           !asked.has("delete") && iequals(kind.substr(0, kKind.size()), kKind);
}

ObjectsDoor::Answer ObjectsDoor::take_form(Request& request, Asked& asked) {
    CO_TRY(const auto boundary, form_boundary(request.headers.get("Content-Type")));
    ComingForm coming(*request.incoming, boundary);
    CO_TRYV(co_await coming.read_fields());
    auto fields = coming.form().fields();
    for (auto& [name, value] : fields)
        if (iequals(name, "key")) value = with_file_name(value, coming.form().file_name());
    CO_TRYV(identify_form(keys_, temporary_, fields, clock_.wall(), asked));
    if (asked.oss()) settle_type(fields, coming.form().file_type());
    if (const auto text = auth::form_field(fields, "policy"); asked.key_used) {
        const auto document = base64_decode(text);
        if (!document)
            co_return fail(Kind::invalid, "the form's policy is not in base64",
                           "InvalidPolicyDocument");
        CO_TRY(const auto policy, auth::FormPolicy::read(*document));
        CO_TRYV(policy.permit(fields, asked.bucket, !asked.oss(), clock_.wall()));
        coming.bytes_min = policy.bytes_min();
        coming.bytes_max = policy.bytes_max();
    }
    asked.key = auth::form_field(fields, "key");
    if (asked.key.empty())
        co_return fail(Kind::invalid, "the form has no field 'key' before its file",
                       "InvalidArgument");
    CO_TRYV(objects::check_key(asked.key));
    if (!auth::form_field(fields, "callback").empty())
        co_return fail(Kind::invalid, "this server makes no callbacks; use an oss trigger",
                       "NotImplemented");
    CO_TRYV(permit(asked, Needs::write, "PutObject"));
    CO_TRYV(store_.bucket(asked.bucket));
    CO_TRY(const auto redirect, redirect_of(fields));
    auto put = as_put(request, fields);
    put.incoming = &coming;
    CO_TRYV(refuse_what_is_not_done(put, asked));
    CO_TRY(auto meta, object_meta(put, asked));
    if (const auto tags = auth::form_field(fields, "tagging"); !tags.empty()) {
        CO_TRY(auto read, read_tagging(tags));
        CO_TRY(meta.tags, check_tags(std::move(read)));
    }
    CO_TRY(const auto made,
           co_await store_body(put, asked, std::move(meta), "ObjectCreated:PostObject"));

    const auto etag = etag_text(asked, made.etag);
    const auto place =
        fmt::format("http://{}/{}{}", request.headers.get("Host"),
                    request.path.size() > 1 ? asked.bucket + "/" : "", percent_encode(asked.key));
    Response response{.status = 204};
    response.headers.add("ETag", etag);
    if (redirect) {
        response.status = 303;
        response.headers.add(
            "Location", fmt::format("{}{}bucket={}&key={}&etag={}", *redirect,
                                    redirect->find('?') == redirect->npos ? '?' : '&', asked.bucket,
                                    percent_encode(asked.key), percent_encode(etag)));
        co_return response;
    }
    response.headers.add("Location", place);
    const auto status = auth::form_field(fields, "success_action_status");
    if (status == "200") response.status = 200;
    if (status != "201") co_return response;
    response.status = 201;
    XmlText text("PostResponse", "");
    text.add("Location", place).add("Bucket", asked.bucket).add("Key", asked.key).add("ETag", etag);
    response.body = text.end();
    response.headers.add("Content-Type", "application/xml");
    co_return response;
}

}  // namespace mayfly::door
