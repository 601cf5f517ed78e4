// Requests as strangers might send them: nobody gets in without the secret, and nothing crashes.
#include "auth/fc_signature.hpp"
#include "base/check.hpp"
#include "base/text.hpp"

// Input: lines; the first is method, path and query, the others are header fields.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    using namespace mayfly;
    static const auth::KeyRing keys = [] {
        auth::KeyRing ring;
        ring.add({"LTAItest", "a secret that no input knows", "1"});
        return ring;
    }();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto lines = split(text, '\n');
    const auto first = split(lines[0], ' ');
    if (first.size() < 3) return 0;
    std::vector<std::pair<std::string, std::string>> headers;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto colon = lines[i].find(':');
        if (colon == lines[i].npos) continue;
        headers.emplace_back(lines[i].substr(0, colon), trim(lines[i].substr(colon + 1)));
    }
    const auth::SignedRequest request{first[0], first[1], first[2], headers};
    const WallTime now{Seconds{1'714'979'289}};
    auth::SignatureMemo memo;
    CHECK(!auth::verify_fc(keys, request, now, memo));
    CHECK(!auth::verify_fc_url(keys, request, now, memo));
    return 0;
}
