// Policies of roles over Mayfly's own API: what the functions of services with a role may do in the
// object store.
#pragma once

#include "auth/roles.hpp"
#include "door/http.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"

#include <filesystem>

namespace mayfly::door {

// Loop thread only.
class RolesApi {
public:
    // `file`: DATA/roles.json.
    RolesApi(auth::Roles roles, std::filesystem::path file, io::BlockingPool& pool);

    static bool takes(std::string_view path);

    // GET roles: {"roles":[{"name","arn","policy":{…}}]}: the caller's that have a policy.
    // PUT roles/{name}, its body the policy: the role as above; in effect once it is on the disk,
    //     for keys that were given out before, too.
    // DELETE roles/{name}: {}; the role may do again what a role without a policy may.
    // invalid: auth/role_policy.hpp, auth/roles.hpp; not_found (RoleNotFound); conflict: another
    // change is being written.
    Task<Result<Response>> answer(const Request& request, AccountId caller);

    const auth::Roles& roles() const { return roles_; }

private:
    Task<Result<void>> save(auth::Roles next);

    auth::Roles roles_;
    std::filesystem::path file_;
    io::BlockingPool& pool_;
    bool saving_ = false;
};

}  // namespace mayfly::door
