#include "door/fc_json.hpp"

#include "base/text.hpp"
#include "catalog/layer_arn.hpp"
#include "door/fc_fields.hpp"

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

Result<std::optional<bool>> read_isolation(const Fields& function) {
    TRY(const auto isolation, function.text("isolation"));
    if (!isolation || isolation->empty()) return std::nullopt;
    if (*isolation != "standard" && *isolation != "strict")
        return refuse(fmt::format("isolation is '{}'; it must be standard or strict", *isolation));
    return *isolation == "strict";
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
    TRY(change.strict, read_isolation(fields));
    TRY(change.layers, fields.list("layers"));
    TRY(change.zip, read_zip(fields));
    return input;
}

Result<catalog::NewLayerVersion> read_layer(std::string_view body) {
    TRY(const auto root, parse(body));
    const Fields fields(root.get_object());
    catalog::NewLayerVersion made;
    TRY(const auto description, fields.text("description"));
    made.description = description.value_or("");
    TRY(auto runtimes, fields.list("compatibleRuntime"));
    made.runtimes = std::move(runtimes).value_or(std::vector<std::string>());
    TRY(made.zip, read_zip(fields));
    return made;
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
        {"instanceLifecycleConfig", nullptr},
        {"layers", layers.at("layers")},
        {"layersArnV2", layers.at("layersArnV2")},
        {"isolation", f.spec.strict ? "strict" : "standard"},
        {"caPort", nullptr},
        {"customContainerConfig", nullptr},
        {"customRuntimeConfig", nullptr},
        {"customHealthCheckConfig", nullptr},
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

}  // namespace mayfly::door
