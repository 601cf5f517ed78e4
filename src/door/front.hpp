// The stages every request passes, in order: is it about health, who sent it, which dialect
// answers.
#pragma once

#include "auth/keys.hpp"
#include "auth/signature_memo.hpp"
#include "auth/temporary_keys.hpp"
#include "base/log.hpp"
#include "door/fc2016.hpp"
#include "door/fc_modern.hpp"
#include "door/http.hpp"
#include "door/own_api.hpp"

#include <functional>
#include <string>

namespace mayfly::door {

// Loop thread only.
class Front {
public:
    // What /readyz?verbose tells: a line for each part.
    using Health = std::function<std::string()>;

    Front(const auth::KeyRing& keys, Fc2016& fc2016, OwnApi& own_api, const Clock& clock, Rng& rng,
          const Log& log, Health health);

    // What /metrics shows.
    void set_metrics(std::function<std::string()> page) { metrics_ = std::move(page); }

    // Functions may sign with keys of these; before it is set they may not.
    void set_temporary_keys(const auth::TemporaryKeys& keys) { temporary_ = &keys; }

    Task<Response> answer(Request& request);

    // How long a body may be: code packages come as base64 in JSON, events are bounded by FC's
    // limit.
    static BodyPlan body_plan(std::string_view method, std::string_view path);

private:
    Task<Response> dispatch(Request& request);

    const auth::KeyRing& keys_;
    const auth::TemporaryKeys* temporary_ = nullptr;
    Fc2016& fc2016_;
    FcModern modern_;
    OwnApi& own_api_;
    const Clock& clock_;
    Rng& rng_;
    const Log& log_;
    Health health_;
    std::function<std::string()> metrics_;
    auth::SignatureMemo memo_;
};

}  // namespace mayfly::door
