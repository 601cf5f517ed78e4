// Finds the server and the key to it.
//
// The endpoint: --endpoint, then MAYFLY_ENDPOINT, then what the running server wrote to
// DATA/server.json; that of the object store likewise: MAYFLY_OBJECTS_ENDPOINT, then that file. The
// key: MAYFLY_ACCESS_KEY_ID with MAYFLY_ACCESS_KEY_SECRET or MAYFLY_ACCESS_KEY_SECRET_FILE, then
// DATA/credentials.json. DATA: --data, then MAYFLY_DATA, then
// ./.mayfly if it is there, then $XDG_STATE_HOME/mayfly or ~/.local/state/mayfly.
#pragma once

#include "auth/keys.hpp"
#include "cli/context.hpp"

#include <filesystem>
#include <string>

namespace mayfly::cli {

struct Server {
    std::string api;      // "http://127.0.0.1:7400"
    std::string objects;  // "http://127.0.0.1:7401"; empty if it is not known
    auth::AccessKey key;
};

std::filesystem::path data_folder(const Context& context);

// unavailable: no server is known; denied: no key is; invalid: a file of theirs is not what it
// should be.
Result<std::string> find_endpoint(const Context& context);
Result<auth::AccessKey> find_key(const Context& context);
Result<Server> find_server(const Context& context);

}  // namespace mayfly::cli
