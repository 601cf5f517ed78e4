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
    std::string role;              // RAM role ARN; empty for none
    bool internet_access = false;  // its functions reach public addresses; FC's default is true
    std::string log_project, log_store;
};

struct Service {
    AccountId account;
    ServiceSpec spec;
    std::string id;  // UUID
    WallTime created, modified;
    std::string etag;  // changes with every change; compared with If-Match
};

// FC's customHealthCheckConfig: what a custom runtime's program must answer before it takes calls.
struct HealthCheck {
    std::string path;  // of a GET that answers 2xx; empty for no check
    Seconds initial_delay{0}, period{3}, timeout{1};
    int failure_threshold = 3, success_threshold = 1;  // in a row
    bool operator==(const HealthCheck&) const = default;
};

// One of FC's instanceLifecycleConfig.
struct LifecycleHook {
    std::string handler;  // empty for none
    Seconds timeout{3};
    bool operator==(const LifecycleHook&) const = default;
};

inline constexpr int kDefaultCaPort = 9000;

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
    bool strict = false;    // ours: no worker shares its address layout with another
    bool one_call = false;  // FC 3's request isolation: a worker takes one call and ends;
                            // then instance_concurrency is 1
    int ca_port = 0;  // where a custom runtime's program listens; 0 for not set: kDefaultCaPort
    // Of a custom runtime: what is started instead of /code/bootstrap, and with what.
    std::vector<std::string> command, args;
    HealthCheck health_check;
    LifecycleHook pre_freeze, pre_stop;
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
