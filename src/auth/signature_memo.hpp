// Remembers the newest signatures, because clients that call often sign the same text again: a date
// has seconds, and a call's text has no more that changes.
#pragma once

#include "auth/keys.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace mayfly::auth {

// One thread.
class SignatureMemo {
public:
    // base64(HMAC-SHA256(key.secret, text)). Good until the next call.
    const std::string& signature(const AccessKey& key, std::string_view text);

private:
    struct Entry {
        std::string secret, text, signature;
    };
    static constexpr std::size_t kEntries = 256;
    std::array<Entry, kEntries> entries_;  // by hash of the text: the newest stays
};

}  // namespace mayfly::auth
