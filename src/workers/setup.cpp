#include "workers/setup.hpp"

#include "model/language.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::workers {

namespace json = boost::json;

namespace {

int port_of(const FunctionSpec& spec) { return spec.ca_port ? spec.ca_port : kDefaultCaPort; }

// What public clients read of the platform's addresses, as `mayfly env` prints it outside.
void add_platform(json::object& env) {
    const auto url = [](sandbox::Door door) {
        return fmt::format("http://127.0.0.1:{}", sandbox::kDoorPorts[door]);
    };
    env["FC_ENDPOINT"] = url(sandbox::kDoorApi);
    for (const auto* name : {"OSS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"})
        env[name] = url(sandbox::kDoorObjects);
    env["OSS_REGION"] = "cn-hangzhou";
    env["AWS_REGION"] = env["AWS_DEFAULT_REGION"] = "us-east-1";
}

json::object environment(const Revision& r, const std::string& instance_id,
                         const std::string& region) {
    const auto& spec = r.function.spec;
    json::object env{{"PATH", "/usr/local/bin:/usr/bin:/bin:/opt/bin"},
                     {"HOME", "/tmp"},
                     {"TMPDIR", "/tmp"},
                     {"LANG", "C.UTF-8"},
                     {"LD_LIBRARY_PATH", "/code:/code/lib:/usr/local/lib:/opt/lib"},
                     {"FC_FUNC_CODE_PATH", "/code/"},
                     {"FC_ACCOUNT_ID", r.function.account},
                     {"FC_REGION", region},
                     {"FC_SERVICE_NAME", r.function.service},
                     {"FC_FUNCTION_NAME", spec.name},
                     {"FC_FUNCTION_HANDLER", spec.handler},
                     {"FC_FUNCTION_MEMORY_SIZE", std::to_string(spec.memory_mb)},
                     {"FC_INSTANCE_ID", instance_id},
                     {"FC_QUALIFIER", r.version},
                     {"FC_VERSION_ID", r.version},
                     {"FC_RUNTIME", spec.runtime},
                     {"FC_SERVER_PORT", std::to_string(port_of(spec))}};
    if (language_of(spec.runtime) == Language::custom)
        env["FC_CUSTOM_LISTEN_PORT"] = std::to_string(port_of(spec));
    if (language_of(spec.runtime) == Language::nodejs)
        env["NODE_PATH"] = "/opt/nodejs/node_modules:/usr/local/lib/node_modules";
    if (has_door(r)) add_platform(env);
    for (const auto& [name, value] : spec.environment) env[name] = value;
    return env;
}

json::object context(const Revision& r, const std::string& region) {
    const auto& spec = r.function.spec;
    return {{"function",
             {{"name", spec.name},
              {"handler", spec.handler},
              {"memory", spec.memory_mb},
              {"timeout", spec.timeout.count()},
              {"initializer", spec.initializer},
              {"initialization_timeout", spec.initialization_timeout.count()}}},
            {"service",
             {{"name", r.function.service},
              {"log_project", r.service.log_project},
              {"log_store", r.service.log_store},
              {"qualifier", r.version},
              {"version_id", r.version}}},
            {"region", region},
            {"account_id", r.function.account}};
}

// What only the shim of custom runtimes is told.
json::object custom(const FunctionSpec& spec) {
    json::array command(spec.command.begin(), spec.command.end());
    if (command.empty()) command.emplace_back("/code/bootstrap");
    json::object out{{"port", port_of(spec)},
                     {"command", std::move(command)},
                     {"args", json::array(spec.args.begin(), spec.args.end())},
                     {"start_seconds", program_start_limit(spec).count()}};
    const auto& check = spec.health_check;
    if (!check.path.empty())
        out["health_check"] = {{"path", check.path},
                               {"initial_delay_seconds", check.initial_delay.count()},
                               {"period_seconds", check.period.count()},
                               {"timeout_seconds", check.timeout.count()},
                               {"failure_threshold", check.failure_threshold},
                               {"success_threshold", check.success_threshold}};
    return out;
}

// The handlers of those the function has.
json::object hooks(const FunctionSpec& spec) {
    json::object out;
    if (!spec.pre_freeze.handler.empty()) out["pre_freeze"] = spec.pre_freeze.handler;
    if (!spec.pre_stop.handler.empty()) out["pre_stop"] = spec.pre_stop.handler;
    return out;
}

}  // namespace

bool has_door(const Revision& revision) { return !revision.service.role.empty(); }

bool has_internet(const Revision& revision) { return revision.service.internet_access; }

Seconds program_start_limit(const FunctionSpec& spec) {
    if (language_of(spec.runtime) != Language::custom) return Seconds{0};
    const auto& check = spec.health_check;
    return kProgramStartLimit + (check.path.empty() ? Seconds{0} : check.initial_delay);
}

std::string setup_json(const Revision& r, const std::string& instance_id,
                       const std::string& region) {
    const auto& spec = r.function.spec;
    json::object setup{{"protocol", 1},
                       {"handler", spec.handler},
                       {"initializer", spec.initializer},
                       {"concurrency", spec.instance_concurrency},
                       {"environment", environment(r, instance_id, region)},
                       {"context", context(r, region)}};
    if (language_of(spec.runtime) == Language::custom) setup["custom"] = custom(spec);
    if (auto has = hooks(spec); !has.empty()) setup["hooks"] = std::move(has);
    return json::serialize(setup);
}

sandbox::Limits limits_of(const FunctionSpec& spec) {
    return {.memory_bytes = std::int64_t{spec.memory_mb} << 20,
            .tmp_bytes = std::int64_t{spec.disk_mb} << 20,
            .processes_max = 1024,
            .files_max = 10'240,
            .cpu_weight = std::max(2, spec.memory_mb)};
}

}  // namespace mayfly::workers
