#include "door/fc_json.hpp"

#include "base/text.hpp"
#include "door/over_http.hpp"
#include "model/fields.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::door {

namespace json = boost::json;

namespace {

Failure refuse(std::string what) { return fail(Kind::invalid, std::move(what), "InvalidArgument"); }

Result<json::value> parse(std::string_view body) {
    boost::system::error_code error;
    auto value = json::parse(body.empty() ? "{}" : body, error);
    if (error) return refuse(fmt::format("the request body is not JSON: {}", error.message()));
    if (!value.is_object()) return refuse("the request body must be a JSON object");
    return value;
}

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

Result<void> refuse_hook(const Fields& lifecycle, std::string_view hook) {
    TRY(const auto fields, lifecycle.object(hook));
    if (!fields || fields->is_blank("handler")) return {};
    return refuse(fmt::format(
        "instanceLifecycleConfig.{} is not supported by this server yet; leave it out", hook));
}

Result<void> refuse_unsupported(const Fields& function) {
    if (!function.is_blank("layers"))
        return refuse(
            "layers are not supported by this server yet; put the files into the package");
    TRYV(refuse_unless_blank(function, "customContainerConfig", {"image"}));
    TRY(const auto lifecycle, function.object("instanceLifecycleConfig"));
    if (lifecycle) {
        TRYV(refuse_hook(*lifecycle, "preFreeze"));
        TRYV(refuse_hook(*lifecycle, "preStop"));
    }
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

json::value or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::value(text);
}

}  // namespace

Result<ServiceInput> read_service(std::string_view body) {
    TRY(const auto root, parse(body));
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
    TRY(const auto root, parse(body));
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
    TRY(change.zip, read_zip(fields));
    return input;
}

Result<TriggerInput> read_trigger(std::string_view body) {
    TRY(const auto root, parse(body));
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

json::object to_json(const Function& f) {
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
        {"instanceLifecycleConfig", nullptr},
        {"layers", nullptr},
        {"layersArnV2", nullptr},
        {"caPort", nullptr},
        {"customContainerConfig", nullptr},
        {"customRuntimeConfig", nullptr},
        {"customHealthCheckConfig", nullptr},
        {"customDNS", nullptr},
    };
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
