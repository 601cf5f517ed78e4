#include "catalog/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace mayfly::catalog {

namespace {

template <class T>
void set(T& field, const std::optional<T>& value) {
    if (value) field = *value;
}

void set(int& field, const std::optional<std::int64_t>& value) {
    using Limits = std::numeric_limits<int>;
    if (value)
        field = static_cast<int>(std::clamp<std::int64_t>(*value, Limits::min(), Limits::max()));
}

}  // namespace

Result<void> check_etag(const std::string& name, const std::string& etag,
                        std::string_view if_match) {
    const bool quoted = if_match.size() > 1 && if_match.front() == '"' && if_match.back() == '"';
    if (quoted) if_match = if_match.substr(1, if_match.size() - 2);
    if (if_match.empty() || if_match == "*" || if_match == etag) return {};
    return fail(
        Kind::conflict,
        fmt::format("'{}' has been changed since (its ETag is now {}); read it again, then retry",
                    name, etag),
        "PreconditionFailed");
}

TriggerSpec apply(TriggerSpec spec, const TriggerChange& change) {
    set(spec.description, change.description);
    set(spec.type, change.type);
    set(spec.config, change.config);
    set(spec.source_arn, change.source_arn);
    set(spec.invocation_role, change.invocation_role);
    set(spec.qualifier, change.qualifier);
    return spec;
}

ServiceSpec apply(ServiceSpec spec, const ServiceChange& change) {
    set(spec.description, change.description);
    set(spec.role, change.role);
    set(spec.internet_access, change.internet_access);
    set(spec.log_project, change.log_project);
    set(spec.log_store, change.log_store);
    return spec;
}

FunctionSpec apply(FunctionSpec spec, const FunctionChange& change) {
    set(spec.description, change.description);
    set(spec.runtime, change.runtime);
    set(spec.handler, change.handler);
    set(spec.initializer, change.initializer);
    set(spec.timeout, change.timeout);
    set(spec.initialization_timeout, change.initialization_timeout);
    set(spec.memory_mb, change.memory_mb);
    set(spec.disk_mb, change.disk_mb);
    set(spec.instance_concurrency, change.instance_concurrency);
    set(spec.environment, change.environment);
    set(spec.strict, change.strict);
    set(spec.one_call, change.one_call);
    if (spec.one_call) spec.instance_concurrency = 1;  // as FC does
    set(spec.ca_port, change.ca_port);
    set(spec.command, change.command);
    set(spec.args, change.args);
    set(spec.health_check, change.health_check);
    set(spec.pre_freeze, change.pre_freeze);
    set(spec.pre_stop, change.pre_stop);
    return spec;
}

}  // namespace mayfly::catalog
