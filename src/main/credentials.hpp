// The root credential: taken from the environment, or made at the first start and kept 0600.
#pragma once

#include "auth/keys.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace mayfly {

using Environment = std::map<std::string, std::string, std::less<>>;

struct RootCredential {
    auth::AccessKey key;
    bool from_environment = false;
    bool just_made = false;  // to be shown once
};

// MAYFLY_ACCESS_KEY_ID with MAYFLY_ACCESS_KEY_SECRET or MAYFLY_ACCESS_KEY_SECRET_FILE, else
// DATA/credentials.json, else a new one written there. MAYFLY_ACCOUNT_ID, default 1000000000000001.
// invalid: half of a credential is given, or the file is damaged.
Result<RootCredential> root_credential(const Environment& environment,
                                       const std::filesystem::path& data, Rng& rng);

}  // namespace mayfly
