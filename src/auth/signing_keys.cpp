#include "auth/signing_keys.hpp"

#include "auth/signed_parts.hpp"

#include <functional>

namespace mayfly::auth {

const std::string& SigningKeys::derived(std::string_view secret, std::string_view date,
                                        std::string_view region, std::string_view service,
                                        std::string_view end) {
    std::string from;
    for (const auto part : {secret, date, region, service, end}) {
        from += part;
        from += '\n';  // none of them has one
    }
    auto& entry = entries_[std::hash<std::string_view>{}(from) % kEntries];
    if (entry.from != from)
        entry = {std::move(from), derived_key(secret, date, region, service, end)};
    return entry.key;
}

}  // namespace mayfly::auth
