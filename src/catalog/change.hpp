// What a caller asks to be set; an absent value means: leave it (update) or take the default
// (create).
#pragma once

#include "base/result.hpp"
#include "model/function.hpp"
#include "model/trigger.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::catalog {

struct ServiceChange {
    std::optional<std::string> description, role, log_project, log_store;
    std::optional<bool> internet_access;
};

struct FunctionChange {
    std::optional<std::string> description, runtime, handler, initializer;
    std::optional<Seconds> timeout, initialization_timeout;
    std::optional<std::int64_t> memory_mb, disk_mb, instance_concurrency, ca_port;
    std::optional<std::map<std::string, std::string>> environment;
    std::optional<bool> strict, one_call;
    std::optional<std::vector<std::string>> layers;  // ARNs
    std::optional<std::vector<std::string>> command, args;
    std::optional<HealthCheck> health_check;
    std::optional<LifecycleHook> pre_freeze, pre_stop;
    std::optional<std::string> zip;  // the package's bytes
    std::optional<std::string>
        checksum;  // what its CRC-64 must be, in decimal (X-Fc-Code-Checksum)
};

// A layer's next version.
struct NewLayerVersion {
    std::string description;
    std::vector<std::string> runtimes;
    std::optional<std::string> zip;
};

struct TriggerChange {
    std::optional<std::string> description, type, source_arn, invocation_role, qualifier;
    std::optional<std::string> config;  // a JSON object
};

// conflict (PreconditionFailed) unless `if_match` is empty, "*" or the ETag of what is to change.
Result<void> check_etag(const std::string& name, const std::string& etag,
                        std::string_view if_match);

TriggerSpec apply(TriggerSpec spec, const TriggerChange& change);

ServiceSpec apply(ServiceSpec spec, const ServiceChange& change);

// Numbers outside of int are clamped to its ends: validate() then refuses them.
FunctionSpec apply(FunctionSpec spec, const FunctionChange& change);

}  // namespace mayfly::catalog
