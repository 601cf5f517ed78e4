#include "auth/signature_memo.hpp"

#include "base/digest.hpp"
#include "base/text.hpp"

#include <functional>

namespace mayfly::auth {

const std::string& SignatureMemo::signature(const AccessKey& key, std::string_view text) {
    auto& entry = entries_[std::hash<std::string_view>{}(text) % kEntries];
    if (entry.text != text || entry.secret != key.secret || entry.signature.empty())
        entry = {key.secret, std::string(text), base64(hmac_sha256(key.secret, text))};
    return entry.signature;
}

}  // namespace mayfly::auth
