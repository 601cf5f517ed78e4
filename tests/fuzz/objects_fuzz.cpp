// What strangers send to the object store: documents, chunked bodies, forms, addresses, ranges.
#include "auth/bucket_policy.hpp"
#include "auth/claimed_key.hpp"
#include "auth/form_policy.hpp"
#include "auth/form_signature.hpp"
#include "auth/oss_signature.hpp"
#include "auth/role_policy.hpp"
#include "base/text.hpp"
#include "door/aws_chunked.hpp"
#include "door/form_data.hpp"
#include "door/objects_asked.hpp"
#include "door/objects_headers.hpp"
#include "door/objects_xml.hpp"
#include "objects/meta_text.hpp"
#include "objects/range.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace mayfly;

// However a form is cut, the same comes out; and the file is never longer than the form.
void read_form(std::string_view text) {
    door::FormData whole("b"), bytes("b");
    std::string one, two;
    const bool good = whole.add(text, one).has_value();
    bool same = true;
    for (std::size_t at = 0; at < text.size() && same; ++at)
        same = bytes.add(text.substr(at, 1), two).has_value();
    if (good != same || (good && (one != two || whole.fields() != bytes.fields() ||
                                  whole.file_name() != bytes.file_name())))
        __builtin_trap();
    if (one.size() > text.size()) __builtin_trap();
    (void)auth::verify_form({}, whole.fields());
    (void)door::form_boundary(text);
}

void read_policies(std::string_view text) {
    if (const auto policy = auth::BucketPolicy::read(text, "b"))
        (void)policy->says({"17", "acs:ram::17:role/r", "GetObject", "b/key"});
    if (const auto policy = auth::RolePolicy::read(text)) (void)policy->says("GetObject", "b/key");
    if (const auto policy = auth::FormPolicy::read(text))
        (void)policy->permit({{"key", "a"}}, "b", true, {});
}

// Encoding is a form that encoding again does not change.
void encode(std::string_view text) {
    const auto decoded = percent_decode(text);
    if (is_percent_encoded(text) != (percent_encode(decoded) == text)) __builtin_trap();
    if (percent_decode(percent_encode(text)) != text) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)door::read_delete(text);
    (void)door::read_complete(text);
    (void)door::read_tagging(text);
    (void)door::read_lifecycle(text);
    (void)door::read_cors(text);
    (void)door::read_tags(text);
    (void)door::object_places(text.substr(0, size / 2), text.substr(size / 2));
    (void)objects::read_range(text, size);
    (void)objects::meta_of(text);
    read_form(text);
    read_policies(text);
    encode(text);
    const std::vector<std::pair<std::string, std::string>> headers{
        {"authorization", std::string(text.substr(0, size / 2))}};
    (void)auth::claimed_object_key({"GET", "/b/k", text.substr(size / 2), headers});
    const auth::AwsSigned signer{.time = "t", .scope = "s", .signing_key = "k", .signature = "0"};
    for (const auto* by : {static_cast<const auth::AwsSigned*>(nullptr), &signer}) {
        // However a body is cut, the same comes out.
        door::AwsChunked whole(by), halves(by);
        std::string one, two;
        const bool good = whole.add(text, one).has_value();
        const bool same =
            halves.add(text.substr(0, size / 2), two) && halves.add(text.substr(size / 2), two);
        if (good != same || (good && one != two)) __builtin_trap();
    }
    return 0;
}
