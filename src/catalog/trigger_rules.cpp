#include "catalog/trigger_rules.hpp"

#include "catalog/event_trigger.hpp"
#include "catalog/http_trigger.hpp"
#include "catalog/oss_trigger.hpp"
#include "catalog/timer_trigger.hpp"
#include "catalog/validate.hpp"

#include <fmt/format.h>

namespace mayfly::catalog {

Result<TriggerSpec> check_trigger(TriggerSpec spec) {
    TRYV(validate_name("trigger", spec.name));
    if (spec.description.size() > 256)
        return fail(
            Kind::invalid,
            fmt::format("description has {} bytes; it may have 256", spec.description.size()),
            "InvalidArgument");
    if (spec.type == "oss") {
        TRY(const auto watch, read_oss_trigger(spec));
        spec.config = oss_config(watch);
        return spec;
    }
    if (spec.type == "timer") {
        TRY(const auto config, read_timer_config(spec.config));
        spec.config = timer_config(config);
        spec.source_arn.clear();
        return spec;
    }
    if (spec.type == "eventbridge") {
        TRY(const auto rule, read_event_config(spec.config));
        spec.config = event_config(rule);
        return spec;
    }
    if (spec.type != "http")
        return fail(
            Kind::invalid,
            fmt::format("triggerType is '{}'; this version of the server has http, oss, timer and "
                        "eventbridge",
                        spec.type.substr(0, 200)),
            "InvalidArgument");
    TRY(const auto access, read_http_config(spec.config));
    spec.config = http_config(access);
    spec.source_arn.clear();  // clients send "dummy_arn"
    spec.invocation_role.clear();
    return spec;
}

}  // namespace mayfly::catalog
