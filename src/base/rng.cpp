#include "base/rng.hpp"

#include "base/check.hpp"
#include "base/text.hpp"

#include <sys/random.h>

#include <cstring>
#include <utility>

namespace mayfly {

std::uint64_t SystemRng::next() {
    if (left_ == 0) {
        std::size_t have = 0;
        while (have < sizeof buffer_) {
            const auto n =
                ::getrandom(reinterpret_cast<char*>(buffer_) + have, sizeof buffer_ - have, 0);
            CHECK(n > 0);
            have += static_cast<std::size_t>(n);
        }
        left_ = std::size(buffer_);
    }
    return std::exchange(buffer_[--left_], 0);
}

std::string random_hex(Rng& rng, std::size_t bytes) {
    std::string raw;
    while (raw.size() < bytes) {
        const auto word = rng.next();
        char part[sizeof word];
        std::memcpy(part, &word, sizeof word);
        raw.append(part, std::min(sizeof word, bytes - raw.size()));
    }
    return hex(raw);
}

std::string random_uuid(Rng& rng) {
    auto h = random_hex(rng, 16);
    h[12] = '4';
    h[16] = "89ab"[static_cast<unsigned char>(h[16]) & 3];
    return h.substr(0, 8) + '-' + h.substr(8, 4) + '-' + h.substr(12, 4) + '-' + h.substr(16, 4) +
           '-' + h.substr(20);
}

}  // namespace mayfly
