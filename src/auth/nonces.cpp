#include "auth/nonces.hpp"

#include "auth/fc_signature.hpp"

#include <utility>

namespace mayfly::auth {

bool Nonces::take(std::string_view nonce, WallTime now) {
    if (now - turned_ > 2 * clock_skew_max || newer_.size() >= kMost) {
        older_ = std::exchange(newer_, {});
        turned_ = now;
    }
    return !older_.contains(nonce) && newer_.emplace(nonce).second;
}

}  // namespace mayfly::auth
