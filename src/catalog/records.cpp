#include "catalog/records.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <charconv>

namespace mayfly::catalog {

namespace json = boost::json;

namespace {

constexpr int format = 1;

std::int64_t micros(WallTime t) { return t.time_since_epoch().count(); }
WallTime wall(const json::value& v) { return WallTime(Micros(v.to_number<std::int64_t>())); }
std::string text(const json::object& o, std::string_view name) {
    return std::string(o.at(name).as_string());
}
int number(const json::object& o, std::string_view name) { return o.at(name).to_number<int>(); }

json::object spec_json(const ServiceSpec& s) {
    return {{"name", s.name},
            {"description", s.description},
            {"role", s.role},
            {"internetAccess", s.internet_access},
            {"logProject", s.log_project},
            {"logStore", s.log_store}};
}

json::array list_json(const std::vector<std::string>& words) {
    return json::array(words.begin(), words.end());
}

json::object custom_json(const FunctionSpec& s) {
    return {{"port", s.ca_port}, {"command", list_json(s.command)}, {"args", list_json(s.args)}};
}

json::object health_json(const HealthCheck& h) {
    return {{"path", h.path},
            {"initialDelaySeconds", h.initial_delay.count()},
            {"periodSeconds", h.period.count()},
            {"timeoutSeconds", h.timeout.count()},
            {"failureThreshold", h.failure_threshold},
            {"successThreshold", h.success_threshold}};
}

json::object hook_json(const LifecycleHook& h) {
    return {{"handler", h.handler}, {"timeoutSeconds", h.timeout.count()}};
}

// What is not set is not written.
void add_instance(json::object& o, const FunctionSpec& s) {
    if (s.ca_port != 0 || !s.command.empty() || !s.args.empty()) o["custom"] = custom_json(s);
    if (!s.health_check.path.empty()) o["healthCheck"] = health_json(s.health_check);
    if (!s.pre_freeze.handler.empty()) o["preFreeze"] = hook_json(s.pre_freeze);
    if (!s.pre_stop.handler.empty()) o["preStop"] = hook_json(s.pre_stop);
}

json::object spec_json(const FunctionSpec& s) {
    json::object environment;
    for (const auto& [k, v] : s.environment) environment[k] = v;
    json::object o{{"name", s.name},
                   {"description", s.description},
                   {"runtime", s.runtime},
                   {"handler", s.handler},
                   {"initializer", s.initializer},
                   {"timeoutSeconds", s.timeout.count()},
                   {"initializationTimeoutSeconds", s.initialization_timeout.count()},
                   {"memoryMb", s.memory_mb},
                   {"diskMb", s.disk_mb},
                   {"instanceConcurrency", s.instance_concurrency},
                   {"environment", environment}};
    if (s.strict) o["strict"] = true;
    if (s.one_call) o["oneCall"] = true;
    add_instance(o, s);
    return o;
}

json::object spec_json(const TriggerSpec& s) {
    return {{"name", s.name},
            {"type", s.type},
            {"config", s.config},
            {"sourceArn", s.source_arn},
            {"invocationRole", s.invocation_role},
            {"qualifier", s.qualifier},
            {"description", s.description}};
}

TriggerSpec trigger_spec(const json::object& o) {
    return {.name = text(o, "name"),
            .type = text(o, "type"),
            .config = text(o, "config"),
            .source_arn = text(o, "sourceArn"),
            .invocation_role = text(o, "invocationRole"),
            .qualifier = text(o, "qualifier"),
            .description = text(o, "description")};
}

ServiceSpec service_spec(const json::object& o) {
    return {.name = text(o, "name"),
            .description = text(o, "description"),
            .role = text(o, "role"),
            .internet_access = o.at("internetAccess").as_bool(),
            .log_project = text(o, "logProject"),
            .log_store = text(o, "logStore")};
}

std::vector<std::string> list(const json::object& o, std::string_view name) {
    std::vector<std::string> words;
    for (const auto& word : o.at(name).as_array()) words.emplace_back(word.as_string());
    return words;
}

LifecycleHook hook(const json::object& o) {
    return {.handler = text(o, "handler"), .timeout = Seconds(number(o, "timeoutSeconds"))};
}

HealthCheck health_check(const json::object& o) {
    return {.path = text(o, "path"),
            .initial_delay = Seconds(number(o, "initialDelaySeconds")),
            .period = Seconds(number(o, "periodSeconds")),
            .timeout = Seconds(number(o, "timeoutSeconds")),
            .failure_threshold = number(o, "failureThreshold"),
            .success_threshold = number(o, "successThreshold")};
}

void read_instance(FunctionSpec& s, const json::object& o) {
    if (const auto* custom = o.if_contains("custom")) {
        s.ca_port = number(custom->as_object(), "port");
        s.command = list(custom->as_object(), "command");
        s.args = list(custom->as_object(), "args");
    }
    if (const auto* health = o.if_contains("healthCheck"))
        s.health_check = health_check(health->as_object());
    if (const auto* freeze = o.if_contains("preFreeze")) s.pre_freeze = hook(freeze->as_object());
    if (const auto* stop = o.if_contains("preStop")) s.pre_stop = hook(stop->as_object());
}

FunctionSpec function_spec(const json::object& o) {
    FunctionSpec s{.name = text(o, "name"),
                   .description = text(o, "description"),
                   .runtime = text(o, "runtime"),
                   .handler = text(o, "handler"),
                   .initializer = text(o, "initializer"),
                   .timeout = Seconds(number(o, "timeoutSeconds")),
                   .initialization_timeout = Seconds(number(o, "initializationTimeoutSeconds")),
                   .memory_mb = number(o, "memoryMb"),
                   .disk_mb = number(o, "diskMb"),
                   .instance_concurrency = number(o, "instanceConcurrency"),
                   .environment = {}};
    read_instance(s, o);
    for (const auto& [k, v] : o.at("environment").as_object())
        s.environment.emplace(k, std::string(v.as_string()));
    if (const auto* strict = o.if_contains("strict")) s.strict = strict->as_bool();
    if (const auto* one_call = o.if_contains("oneCall")) s.one_call = one_call->as_bool();
    return s;
}

// The CRC as decimal text: JSON's numbers are not trusted with 64 bits by other readers.
json::object code_json(const Code& c) {
    return {{"sha256", c.sha256}, {"crc64", std::to_string(c.crc64)}, {"zipBytes", c.zip_bytes}};
}

Code code(const json::object& o) {
    const auto crc = text(o, "crc64");
    Code c{.sha256 = text(o, "sha256"),
           .crc64 = 0,
           .zip_bytes = o.at("zipBytes").to_number<std::uint64_t>()};
    std::from_chars(crc.data(), crc.data() + crc.size(), c.crc64);
    return c;
}

json::object layer_version_json(const LayerVersion& v) {
    return {{"account", v.name.account},         {"name", v.name.name},
            {"version", v.name.version},         {"description", v.description},
            {"runtimes", list_json(v.runtimes)}, {"code", code_json(v.code)},
            {"createdMicros", micros(v.created)}};
}

LayerVersion layer_version(const json::object& o) {
    return {.name = {text(o, "account"), text(o, "name"), number(o, "version")},
            .description = text(o, "description"),
            .runtimes = list(o, "runtimes"),
            .code = code(o.at("code").as_object()),
            .created = wall(o.at("createdMicros"))};
}

json::array layers_json(const std::vector<LayerVersion>& layers) {
    json::array all;
    for (const auto& layer : layers) all.push_back(layer_version_json(layer));
    return all;
}

// Of a function; the field is left out where there are none.
std::vector<LayerVersion> layers(const json::object& o) {
    std::vector<LayerVersion> all;
    if (const auto* found = o.if_contains("layers"))
        for (const auto& layer : found->as_array()) all.push_back(layer_version(layer.as_object()));
    return all;
}

// Boost.JSON reports a missing or mistyped field by throwing; it becomes a value here.
template <class T>
Result<T> read(std::string_view bytes, std::string_view what, T (*make)(const json::object&)) {
    try {
        const auto root = json::parse(bytes);
        const auto& object = root.as_object();
        if (const int found = number(object, "format"); found != format)
            return fail(Kind::internal,
                        fmt::format("the stored {} has format {}, but this program knows {}; start "
                                    "the newer program again",
                                    what, found, format));
        return make(object);
    } catch (const std::exception& e) {
        return fail(Kind::internal,
                    fmt::format("the stored {} cannot be read: {}", what, e.what()));
    }
}

}  // namespace

std::string key_of(const Service& s) {
    return fmt::format("{}{}/{}", service_prefix, s.account, s.spec.name);
}
std::string key_of(const Function& f) {
    return fmt::format("{}{}/{}/{}", function_prefix, f.account, f.service, f.spec.name);
}

std::string key_of(const Layer& l) {
    return fmt::format("{}{}/{}", layer_prefix, l.account, l.name);
}
std::string key_of(const LayerName& n) {
    return fmt::format("{}{}/{}/{}", layer_version_prefix, n.account, n.name, n.version);
}

std::string key_of(const Trigger& t) {
    return fmt::format("{}{}/{}/{}/{}", trigger_prefix, t.account, t.service, t.function,
                       t.spec.name);
}

std::string to_record(const Service& s) {
    return json::serialize(json::object{{"format", format},
                                        {"account", s.account},
                                        {"spec", spec_json(s.spec)},
                                        {"id", s.id},
                                        {"createdMicros", micros(s.created)},
                                        {"modifiedMicros", micros(s.modified)},
                                        {"etag", s.etag}});
}

std::string to_record(const Function& f) {
    json::object o{{"format", format},
                   {"account", f.account},
                   {"service", f.service},
                   {"spec", spec_json(f.spec)},
                   {"code", code_json(f.code)},
                   {"id", f.id},
                   {"createdMicros", micros(f.created)},
                   {"modifiedMicros", micros(f.modified)},
                   {"etag", f.etag}};
    if (!f.layers.empty()) o["layers"] = layers_json(f.layers);
    return json::serialize(o);
}

std::string to_record(const Layer& l) {
    return json::serialize(json::object{{"format", format},
                                        {"account", l.account},
                                        {"name", l.name},
                                        {"lastVersion", l.last_version},
                                        {"public", l.is_public}});
}

std::string to_record(const LayerVersion& v) {
    auto object = layer_version_json(v);
    object["format"] = format;
    return json::serialize(object);
}

std::string to_record(const Trigger& t) {
    return json::serialize(json::object{{"format", format},
                                        {"account", t.account},
                                        {"service", t.service},
                                        {"function", t.function},
                                        {"spec", spec_json(t.spec)},
                                        {"id", t.id},
                                        {"createdMicros", micros(t.created)},
                                        {"modifiedMicros", micros(t.modified)},
                                        {"etag", t.etag}});
}

Result<Service> service_from_record(std::string_view bytes) {
    return read<Service>(bytes, "service", [](const json::object& o) {
        return Service{.account = text(o, "account"),
                       .spec = service_spec(o.at("spec").as_object()),
                       .id = text(o, "id"),
                       .created = wall(o.at("createdMicros")),
                       .modified = wall(o.at("modifiedMicros")),
                       .etag = text(o, "etag")};
    });
}

Result<Function> function_from_record(std::string_view bytes) {
    return read<Function>(bytes, "function", [](const json::object& o) {
        return Function{.account = text(o, "account"),
                        .service = text(o, "service"),
                        .spec = function_spec(o.at("spec").as_object()),
                        .code = code(o.at("code").as_object()),
                        .layers = layers(o),
                        .id = text(o, "id"),
                        .created = wall(o.at("createdMicros")),
                        .modified = wall(o.at("modifiedMicros")),
                        .etag = text(o, "etag")};
    });
}

Result<Layer> layer_from_record(std::string_view bytes) {
    return read<Layer>(bytes, "layer", [](const json::object& o) {
        return Layer{.account = text(o, "account"),
                     .name = text(o, "name"),
                     .last_version = number(o, "lastVersion"),
                     .is_public = o.at("public").as_bool()};
    });
}

Result<LayerVersion> layer_version_from_record(std::string_view bytes) {
    return read<LayerVersion>(bytes, "layer version", layer_version);
}

Result<Trigger> trigger_from_record(std::string_view bytes) {
    return read<Trigger>(bytes, "trigger", [](const json::object& o) {
        return Trigger{.account = text(o, "account"),
                       .service = text(o, "service"),
                       .function = text(o, "function"),
                       .spec = trigger_spec(o.at("spec").as_object()),
                       .id = text(o, "id"),
                       .created = wall(o.at("createdMicros")),
                       .modified = wall(o.at("modifiedMicros")),
                       .etag = text(o, "etag")};
    });
}

}  // namespace mayfly::catalog
