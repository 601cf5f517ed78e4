// The signing keys of V4 schemes, which are the same for all requests of a day: four hashes, each
// of four, are spared.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace mayfly::auth {

// One thread.
class SigningKeys {
public:
    // HMAC-SHA256 over and over. Good until the next call.
    const std::string& derived(std::string_view secret, std::string_view date,
                               std::string_view region, std::string_view service,
                               std::string_view end);

private:
    struct Entry {
        std::string from, key;
    };
    static constexpr std::size_t kEntries = 64;
    std::array<Entry, kEntries> entries_;  // by hash of what they are made from: the newest stays
};

}  // namespace mayfly::auth
