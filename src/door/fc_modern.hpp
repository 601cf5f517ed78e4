// Function Compute's API 2021-04-06, which has the resources of 2016-08-15, and of API 2023-03-30
// what concerns calls and events. Both are signed by ACS3-HMAC-SHA256 and answered by the door of
// 2016-08-15: one walk, said in other words (fc_modern_json.hpp).
#pragma once

#include "auth/keys.hpp"
#include "auth/nonces.hpp"
#include "base/clock.hpp"
#include "base/rng.hpp"
#include "door/fc2016.hpp"
#include "door/fc_modern_json.hpp"
#include "door/http.hpp"

#include <optional>
#include <string_view>

namespace mayfly::door {

// Loop thread. What it is given outlives it.
class FcModern {
public:
    FcModern(const auth::KeyRing& keys, Fc2016& fc2016, const Clock& clock, Rng& rng)
        : keys_(keys), fc2016_(fc2016), clock_(clock), rng_(rng) {}

    // Which of the two a path is of.
    static std::optional<FcApi> api_of(std::string_view path);

    Task<Response> answer(FcApi api, Request& request);

private:
    Response refused(FcApi api, const Error& error);

    const auth::KeyRing& keys_;
    Fc2016& fc2016_;
    const Clock& clock_;
    Rng& rng_;
    auth::Nonces nonces_;
};

}  // namespace mayfly::door
