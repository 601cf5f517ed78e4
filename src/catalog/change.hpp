// What a caller asks to be set; an absent value means: leave it (update) or take the default
// (create).
#pragma once

#include "model/function.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::catalog {

struct ServiceChange {
    std::optional<std::string> description, role, log_project, log_store;
    std::optional<bool> internet_access;
};

struct FunctionChange {
    std::optional<std::string> description, runtime, handler, initializer;
    std::optional<Seconds> timeout, initialization_timeout;
    std::optional<std::int64_t> memory_mb, disk_mb, instance_concurrency;
    std::optional<std::map<std::string, std::string>> environment;
    std::optional<bool> strict;
    std::optional<std::vector<std::string>> layers;  // ARNs
    std::optional<std::string> zip;                  // the package's bytes
    std::optional<std::string>
        checksum;  // what its CRC-64 must be, in decimal (X-Fc-Code-Checksum)
};

// A layer's next version.
struct NewLayerVersion {
    std::string description;
    std::vector<std::string> runtimes;
    std::optional<std::string> zip;
};

ServiceSpec apply(ServiceSpec spec, const ServiceChange& change);

// Numbers outside of int are clamped to its ends: validate() then refuses them.
FunctionSpec apply(FunctionSpec spec, const FunctionChange& change);

}  // namespace mayfly::catalog
