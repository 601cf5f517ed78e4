// Numbers that are used once: a signed request that is sent again by somebody who overheard it is
// refused.
#pragma once

#include "base/clock.hpp"

#include <string>
#include <string_view>
#include <unordered_set>

namespace mayfly::auth {

// One thread. Remembers the nonces of the last half hour, in two halves: the older one goes as a
// whole. A request is no older than 15 minutes (clock_skew_max), and no newer.
class Nonces {
public:
    static constexpr std::size_t kMost = 100'000;  // of a half; then the older half goes earlier

    // False if the nonce was taken before.
    bool take(std::string_view nonce, WallTime now);

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const {
            return std::hash<std::string_view>{}(text);
        }
    };
    using Set = std::unordered_set<std::string, Hash, std::equal_to<>>;

    Set newer_, older_;
    WallTime turned_{};
};

}  // namespace mayfly::auth
