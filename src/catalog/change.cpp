#include "catalog/change.hpp"

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
    return spec;
}

}  // namespace mayfly::catalog
