// What strangers send to the object store: documents, chunked bodies, addresses, ranges.
#include "auth/bucket_policy.hpp"
#include "auth/claimed_key.hpp"
#include "auth/oss_signature.hpp"
#include "door/aws_chunked.hpp"
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

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace mayfly;
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
    if (const auto policy = auth::BucketPolicy::read(text, "b"))
        (void)policy->says({"17", "acs:ram::17:role/r", "GetObject", "b/key"});
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
