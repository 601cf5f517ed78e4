#include "door/fc_json.hpp"

#include "base/text.hpp"
#include "catalog/layer_arn.hpp"
#include "door/json_body.hpp"
#include "door/over_http.hpp"
#include "model/fields.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

// Refuses `name` unless each of its `parts` is blank.
Result<void> refuse_unless_blank(const Fields& fields, std::string_view name,
                                 std::initializer_list<std::string_view> parts) {
    if (fields.is_blank(name)) return {};
    TRY(const auto inner, fields.object(name));
    for (const auto part : parts)
        if (!inner->is_blank(part))
            return refuse(fmt::format("{}.{} is not supported by this server yet; leave {} out",
                                      name, part, name));
    return {};
}

Result<void> refuse_unsupported(const Fields& function) {
    TRYV(refuse_unless_blank(function, "customContainerConfig", {"image"}));
    TRY(const auto type, function.text("instanceType"));
    if (type && !type->empty() && *type != "e1" && *type != "c1")
        return refuse(fmt::format(
            "instanceType '{}' is not available on this server; it has e1 and c1", *type));
    return {};
}

Result<std::optional<std::string>> read_zip(const Fields& function) {
    TRY(const auto code, function.object("code"));
    if (!code) return std::nullopt;
    if (!code->is_blank("ossBucketName") || !code->is_blank("ossObjectName"))
        return refuse(
            "code from a bucket is not supported by this server yet; send code.zipFile instead");
    TRY(const auto encoded, code->text("zipFile"));
    if (!encoded || encoded->empty()) return std::nullopt;
    auto zip = base64_decode(*encoded);
    if (!zip)
        return refuse(
            "code.zipFile is not base64; send the bytes of the zip, base64-encoded with padding");
    return zip;
}

Result<std::optional<Seconds>> read_seconds(const Fields& fields, std::string_view name) {
    TRY(const auto n, fields.integer(name));
    if (!n) return std::nullopt;
    return Seconds(*n);
}

Result<std::optional<bool>> read_isolation(const Fields& function) {
    TRY(const auto isolation, function.text("isolation"));
    if (!isolation || isolation->empty()) return std::nullopt;
    if (*isolation != "standard" && *isolation != "strict")
        return refuse(fmt::format("isolation is '{}'; it must be standard or strict", *isolation));
    return *isolation == "strict";
}

Result<std::optional<bool>> read_isolation_mode(const Fields& function) {
    TRY(const auto mode, function.text("instanceIsolationMode"));
    if (!mode || mode->empty()) return std::nullopt;
    if (*mode != "SHARE" && *mode != "REQUEST_EXCLUSIVE")
        return refuse(fmt::format(
            "instanceIsolationMode is '{}'; it must be SHARE or REQUEST_EXCLUSIVE", *mode));
    return *mode == "REQUEST_EXCLUSIVE";
}

// ARNs of both forms of the same layers; null where there are none.
json::object layers_json(const std::vector<LayerVersion>& layers, std::string_view region) {
    if (layers.empty()) return {{"layers", nullptr}, {"layersArnV2", nullptr}};
    json::array old_form, new_form;
    for (const auto& layer : layers) {
        old_form.emplace_back(catalog::old_layer_arn(layer.name));
        new_form.emplace_back(catalog::layer_arn(layer.name, region));
    }
    return {{"layers", std::move(old_form)}, {"layersArnV2", std::move(new_form)}};
}

int clamped(std::int64_t number) {  // the catalog says what is out of range
    return static_cast<int>(std::clamp<std::int64_t>(number, -1, 1 << 30));
}

// What is sent replaces the whole check; an empty shell is none.
Result<std::optional<HealthCheck>> read_health_check(const Fields& function) {
    TRY(const auto fields, function.object("customHealthCheckConfig"));
    if (!fields) return std::nullopt;
    HealthCheck check;
    TRY(const auto path, fields->text("httpGetUrl"));
    check.path = path.value_or("");
    TRY(const auto delay, read_seconds(*fields, "initialDelaySeconds"));
    TRY(const auto period, read_seconds(*fields, "periodSeconds"));
    TRY(const auto timeout, read_seconds(*fields, "timeoutSeconds"));
    TRY(const auto failures, fields->integer("failureThreshold"));
    TRY(const auto successes, fields->integer("successThreshold"));
    check.initial_delay = delay.value_or(check.initial_delay);
    check.period = period.value_or(check.period);
    check.timeout = timeout.value_or(check.timeout);
    check.failure_threshold = clamped(failures.value_or(check.failure_threshold));
    check.success_threshold = clamped(successes.value_or(check.success_threshold));
    return check;
}

Result<std::optional<LifecycleHook>> read_hook(const std::optional<Fields>& lifecycle,
                                               std::string_view name) {
    if (!lifecycle) return std::nullopt;
    TRY(const auto fields, lifecycle->object(name));
    if (!fields) return std::nullopt;
    LifecycleHook hook;
    TRY(const auto handler, fields->text("handler"));
    TRY(const auto timeout, read_seconds(*fields, "timeout"));
    hook.handler = handler.value_or("");
    if (!hook.handler.empty()) hook.timeout = timeout.value_or(hook.timeout);
    return hook;
}

// What a custom runtime is told, and the hooks that every runtime may have.
Result<void> read_instance(const Fields& function, catalog::FunctionChange& change) {
    TRY(change.ca_port, function.integer("caPort"));
    TRY(const auto runtime, function.object("customRuntimeConfig"));
    if (runtime) {  // as a whole: what it leaves out is none
        TRY(const auto command, runtime->list("command"));
        TRY(const auto args, runtime->list("args"));
        change.command = command.value_or(std::vector<std::string>{});
        change.args = args.value_or(std::vector<std::string>{});
    }
    TRY(change.health_check, read_health_check(function));
    TRY(const auto lifecycle, function.object("instanceLifecycleConfig"));
    TRY(change.pre_freeze, read_hook(lifecycle, "preFreeze"));
    TRY(change.pre_stop, read_hook(lifecycle, "preStop"));
    return {};
}

json::value custom_runtime_json(const FunctionSpec& spec) {
    if (spec.command.empty() && spec.args.empty()) return nullptr;
    return {{"command", json::array(spec.command.begin(), spec.command.end())},
            {"args", json::array(spec.args.begin(), spec.args.end())}};
}

json::value health_check_json(const HealthCheck& check) {
    if (check.path.empty()) return nullptr;
    return {{"httpGetUrl", check.path},
            {"initialDelaySeconds", check.initial_delay.count()},
            {"periodSeconds", check.period.count()},
            {"timeoutSeconds", check.timeout.count()},
            {"failureThreshold", check.failure_threshold},
            {"successThreshold", check.success_threshold}};
}

json::value lifecycle_json(const FunctionSpec& spec) {
    if (spec.pre_freeze.handler.empty() && spec.pre_stop.handler.empty()) return nullptr;
    const auto hook = [](const LifecycleHook& h) -> json::value {
        if (h.handler.empty()) return nullptr;
        return {{"handler", h.handler}, {"timeout", h.timeout.count()}};
    };
    return {{"preFreeze", hook(spec.pre_freeze)}, {"preStop", hook(spec.pre_stop)}};
}

json::value or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::value(text);
}

}  // namespace

Result<ServiceInput> read_service(std::string_view body) {
    TRY(const auto root, parse_body(body));
    const Fields fields(root.get_object());
    ServiceInput input;
    TRY(const auto name, fields.text("serviceName"));
    input.name = name.value_or("");
    TRY(input.change.description, fields.text("description"));
    TRY(input.change.role, fields.text("role"));
    TRY(input.change.internet_access, fields.boolean("internetAccess"));
    TRY(const auto log, fields.object("logConfig"));
    if (log) {
        TRY(input.change.log_project, log->text("project"));
        TRY(input.change.log_store, log->text("logstore"));
    }
    TRYV(refuse_unless_blank(fields, "vpcConfig", {"vpcId", "vSwitchIds", "securityGroupId"}));
    TRYV(refuse_unless_blank(fields, "nasConfig", {"mountPoints"}));
    TRYV(refuse_unless_blank(fields, "ossMountConfig", {"mountPoints"}));
    return input;
}

Result<FunctionInput> read_function(std::string_view body) {
    TRY(const auto root, parse_body(body));
    const Fields fields(root.get_object());
    FunctionInput input;
    auto& change = input.change;
    TRY(const auto name, fields.text("functionName"));
    input.name = name.value_or("");
    TRYV(refuse_unsupported(fields));
    TRY(change.description, fields.text("description"));
    TRY(change.runtime, fields.text("runtime"));
    TRY(change.handler, fields.text("handler"));
    TRY(change.initializer, fields.text("initializer"));
    TRY(change.timeout, read_seconds(fields, "timeout"));
    TRY(change.initialization_timeout, read_seconds(fields, "initializationTimeout"));
    TRY(change.memory_mb, fields.integer("memorySize"));
    TRY(change.disk_mb, fields.integer("diskSize"));
    TRY(change.instance_concurrency, fields.integer("instanceConcurrency"));
    TRY(change.environment, fields.texts("environmentVariables"));
    TRY(change.strict, read_isolation(fields));
    TRY(change.one_call, read_isolation_mode(fields));
    TRY(change.layers, fields.list("layers"));
    TRYV(read_instance(fields, change));
    TRY(change.zip, read_zip(fields));
    return input;
}

Result<catalog::NewLayerVersion> read_layer(std::string_view body) {
    TRY(const auto root, parse_body(body));
    const Fields fields(root.get_object());
    catalog::NewLayerVersion made;
    TRY(const auto description, fields.text("description"));
    made.description = description.value_or("");
    TRY(auto runtimes, fields.list("compatibleRuntime"));
    made.runtimes = std::move(runtimes).value_or(std::vector<std::string>());
    TRY(made.zip, read_zip(fields));
    return made;
}

Result<TriggerInput> read_trigger(std::string_view body) {
    TRY(const auto root, parse_body(body));
    const Fields fields(root.get_object());
    TriggerInput input;
    auto& change = input.change;
    TRY(const auto name, fields.text("triggerName"));
    input.name = name.value_or("");
    TRY(change.description, fields.text("description"));
    TRY(change.type, fields.text("triggerType"));
    TRY(change.source_arn, fields.text("sourceArn"));
    TRY(change.invocation_role, fields.text("invocationRole"));
    TRY(change.qualifier, fields.text("qualifier"));
    TRY(const auto config, fields.object("triggerConfig"));
    if (config) change.config = config->as_json();
    return input;
}

json::object to_json(const Service& s) {
    return {
        {"serviceName", s.spec.name},
        {"description", s.spec.description},
        {"role", s.spec.role},
        {"logConfig",
         {{"project", s.spec.log_project},
          {"logstore", s.spec.log_store},
          {"enableRequestMetrics", false},
          {"enableInstanceMetrics", false},
          {"logBeginRule", "None"}}},
        {"serviceId", s.id},
        {"createdTime", iso8601(s.created)},
        {"lastModifiedTime", iso8601(s.modified)},
        {"internetAccess", s.spec.internet_access},
        {"vpcConfig",
         {{"vpcId", ""}, {"vSwitchIds", json::array()}, {"securityGroupId", ""}, {"role", ""}}},
        {"nasConfig", {{"userId", -1}, {"groupId", -1}, {"mountPoints", json::array()}}},
        {"ossMountConfig", {{"mountPoints", json::array()}}},
        {"tracingConfig", {{"type", nullptr}, {"params", nullptr}}},
        {"vendorConfig", nullptr},
        {"useSLRAuthentication", false},
        {"tags", json::object()},
    };
}

json::object to_json(const Function& f, std::string_view region) {
    const auto layers = layers_json(f.layers, region);
    json::object environment;
    for (const auto& [key, value] : f.spec.environment) environment[key] = value;
    return {
        {"functionId", f.id},
        {"functionName", f.spec.name},
        {"description", f.spec.description},
        {"runtime", f.spec.runtime},
        {"handler", f.spec.handler},
        {"initializer", or_null(f.spec.initializer)},
        {"timeout", f.spec.timeout.count()},
        {"initializationTimeout", f.spec.initialization_timeout.count()},
        {"memorySize", f.spec.memory_mb},
        {"diskSize", f.spec.disk_mb},
        {"cpu", nullptr},
        {"codeSize", f.code.zip_bytes},
        {"codeChecksum", std::to_string(f.code.crc64)},
        {"createdTime", iso8601(f.created)},
        {"lastModifiedTime", iso8601(f.modified)},
        {"environmentVariables", environment},
        {"instanceConcurrency", f.spec.instance_concurrency},
        {"instanceSoftConcurrency", nullptr},
        {"instanceType", "e1"},
        {"gpuMemorySize", nullptr},
        {"instanceLifecycleConfig", lifecycle_json(f.spec)},
        {"layers", layers.at("layers")},
        {"layersArnV2", layers.at("layersArnV2")},
        {"isolation", f.spec.strict ? "strict" : "standard"},
        {"instanceIsolationMode", f.spec.one_call ? "REQUEST_EXCLUSIVE" : "SHARE"},
        {"caPort", f.spec.ca_port == 0 ? json::value() : json::value(f.spec.ca_port)},
        {"customContainerConfig", nullptr},
        {"customRuntimeConfig", custom_runtime_json(f.spec)},
        {"customHealthCheckConfig", health_check_json(f.spec.health_check)},
        {"customDNS", nullptr},
    };
}

json::object to_json(const LayerVersion& v, bool is_public, std::string_view region,
                     const std::string& location) {
    return {{"layerName", v.name.name},
            {"version", v.name.version},
            {"description", v.description},
            {"code", {{"repositoryType", "HTTP"}, {"location", location}}},
            {"codeSize", v.code.zip_bytes},
            {"codeChecksum", std::to_string(v.code.crc64)},
            {"createTime", iso8601(v.created)},
            {"acl", is_public ? 1 : 0},
            {"compatibleRuntime", json::value_from(v.runtimes)},
            {"arn", catalog::old_layer_arn(v.name)},
            {"arnV2", catalog::layer_arn(v.name, region)},
            {"license", ""}};
}

json::object to_json(const Trigger& t, const std::string& region, const std::string& url) {
    const Target target{t.account, t.service, t.spec.qualifier, t.function};
    const auto arn =
        fmt::format("acs:fc:{}:{}:services/{}{}{}/functions/{}", region, t.account, t.service,
                    t.spec.qualifier.empty() ? "" : ".", t.spec.qualifier, t.function);
    json::object all{
        {"triggerId", t.id},
        {"triggerName", t.spec.name},
        {"triggerType", t.spec.type},
        {"triggerConfig", json::parse(t.spec.config)},
        {"description", t.spec.description},
        {"sourceArn", or_null(t.spec.source_arn)},
        {"invocationRole", or_null(t.spec.invocation_role)},
        {"qualifier", or_null(t.spec.qualifier)},
        {"targetArn", arn},
        {"createdTime", iso8601(t.created)},
        {"lastModifiedTime", iso8601(t.modified)},
        {"status", nullptr},
    };
    if (t.spec.type != "http") return all;
    all["urlInternet"] = url + http_path(target);
    all["urlIntranet"] = url + http_path(target);
    all["domainName"] = url.substr(url.find("://") + 3);
    return all;
}

}  // namespace mayfly::door
