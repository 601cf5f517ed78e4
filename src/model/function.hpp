// The nouns of the catalog as plain values. Limits and defaults are FC's (API 2016-08-15,
// "Services", "Functions"); what a field means there it means here.
#pragma once

#include "base/clock.hpp"
#include "model/code.hpp"
#include "model/ids.hpp"
#include "model/layer.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mayfly {

// What a caller may set on a service; it is a named group of functions that share these settings.
struct ServiceSpec {
    std::string name;
    std::string description;
    std::string role;             // RAM role ARN; empty for none
    bool internet_access = true;  // FC's default
    std::string log_project, log_store;
};

struct Service {
    AccountId account;
    ServiceSpec spec;
    std::string id;  // UUID
    WallTime created, modified;
    std::string etag;  // changes with every change; compared with If-Match
};

// What a caller may set on a function, except its code.
struct FunctionSpec {
    std::string name;
    std::string description;
    std::string runtime;  // "python3", ...
    std::string handler;  // "file.function"
    std::string initializer;
    Seconds timeout{3};
    Seconds initialization_timeout{3};
    int memory_mb = 128;
    int disk_mb = 512;             // size of the private /tmp
    int instance_concurrency = 1;  // calls one worker takes at once
    std::map<std::string, std::string> environment;
    bool strict = false;  // ours: no worker shares its address layout with another
};

struct Function {
    AccountId account;
    std::string service;
    FunctionSpec spec;
    Code code;
    std::vector<LayerVersion> layers;  // of two with the same file the later counts
    std::string id;                    // UUID
    WallTime created, modified;
    std::string etag;
};

// What lies at /code and /opt of a worker, read-only: unpacked packages.
struct CodeFolders {
    std::filesystem::path code;
    std::filesystem::path layers;  // all of them as one; empty if the function has none
};

// Everything a worker and the ledger need to know of one revision of one function. Never changes
// after it was made; the catalog holds the newest, and each running call or worker holds its own.
struct Revision {
    FunctionId id;
    std::string version = "LATEST";
    Function function;
    ServiceSpec service;
    CodeFolders folders;
};
using Route = std::shared_ptr<const Revision>;

}  // namespace mayfly
