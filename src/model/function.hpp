// The nouns of the catalog as plain values. Limits and defaults are FC's (API 2016-08-15,
// "Services", "Functions"); what a field means there it means here.
#pragma once

#include "base/clock.hpp"
#include "model/code.hpp"
#include "model/ids.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

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
};

struct Function {
    AccountId account;
    std::string service;
    FunctionSpec spec;
    Code code;
    std::string id;  // UUID
    WallTime created, modified;
    std::string etag;
};

// Everything a worker and the ledger need to know of one revision of one function. Never changes
// after it was made; the catalog holds the newest, and each running call or worker holds its own.
struct Revision {
    FunctionId id;
    std::string version = "LATEST";
    Function function;
    ServiceSpec service;
    std::filesystem::path code_folder;  // the unpacked package, read-only
};
using Route = std::shared_ptr<const Revision>;

}  // namespace mayfly
