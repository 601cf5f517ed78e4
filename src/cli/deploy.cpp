#include "base/digest.hpp"
#include "base/text.hpp"
#include "cli/fc_client.hpp"
#include "cli/install.hpp"
#include "cli/layer.hpp"
#include "cli/pack.hpp"
#include "cli/project.hpp"
#include "cli/say.hpp"
#include "cli/triggers.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <iterator>
#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

// What is sent of a function, its code left out.
json::object config_of(const FunctionSpec& spec, const json::array& layers) {
    json::object env;
    for (const auto& [key, value] : spec.environment) env[key] = value;
    json::object config{{"runtime", spec.runtime},
                        {"handler", spec.handler},
                        {"memorySize", spec.memory_mb},
                        {"timeout", spec.timeout.count()},
                        {"environmentVariables", std::move(env)},
                        {"layers", layers},
                        {"isolation", spec.strict ? "strict" : "standard"},
                        {"instanceIsolationMode", spec.one_call ? "REQUEST_EXCLUSIVE" : "SHARE"}};
    config["initializer"] = spec.initializer;
    if (spec.instance_concurrency > 1) config["instanceConcurrency"] = spec.instance_concurrency;
    return config;
}

// Unset comes back as null, absent, "", [] or {}.
bool is_unset(const json::value* v) {
    return !v || v->is_null() || (v->is_string() && v->as_string().empty()) ||
           (v->is_array() && v->as_array().empty()) || (v->is_object() && v->as_object().empty());
}

bool same_config(const json::object& wanted, const json::object& there) {
    for (const auto& [key, value] : wanted) {
        const auto* other = there.if_contains(key == "layers" ? "layersArnV2" : key);
        if (is_unset(&value) && is_unset(other)) continue;
        if (!other || *other != value) return false;
    }
    return true;
}

json::object code_of(const std::string& zip) { return {{"zipFile", base64(zip)}}; }

// Returns what was done: "created", "updated" or "unchanged".
Result<std::string_view> deploy_one(const FcClient& fc, const FunctionName& name,
                                    const ProjectFunction& function, const std::string& zip) {
    TRY(const auto layers, layer_arns(fc, function.layers));
    auto config = config_of(function.spec, layers);
    const auto there = fc.call("GET", function_path(name));
    if (!there && there.error().kind != Kind::not_found) return Failure(there.error());
    if (!there) {
        config["functionName"] = name.function;
        config["code"] = code_of(zip);
        TRYV(fc.call("POST", functions_path(name.service), {}, config));
        return "created";
    }
    if (!there->is_object())
        return fail(Kind::internal, "the server did not describe the function");
    const auto& old = there->as_object();
    const auto* sum = old.if_contains("codeChecksum");
    const bool same_code = sum && *sum == json::value(std::to_string(crc64(zip)));
    if (same_code && same_config(config, old)) return "unchanged";
    if (!same_code) config["code"] = code_of(zip);
    TRYV(fc.call("PUT", function_path(name), {}, config));
    return "updated";
}

// What the project says of its service.
json::object service_of(const Project& project) {
    json::object wanted;
    if (!project.role.empty()) wanted["role"] = project.role;
    if (project.internet_access) wanted["internetAccess"] = *project.internet_access;
    return wanted;
}

bool is_so(const json::value& service, const json::object& wanted) {
    const auto* now = service.if_object();
    return now && std::ranges::all_of(wanted, [&](const auto& field) {
               const auto* is = now->if_contains(field.key());
               return is && *is == field.value();
           });
}

// What the project does not name stays as it is.
Result<void> ensure_service(const FcClient& fc, const Project& project) {
    auto wanted = service_of(project);
    const auto there = fc.call("GET", service_path(project.service));
    if (there && is_so(*there, wanted)) return {};
    if (there) {
        TRYV(fc.call("PUT", service_path(project.service), {}, std::move(wanted)));
        return {};
    }
    if (there.error().kind != Kind::not_found) return Failure(there.error());
    wanted["serviceName"] = project.service;
    const auto made = fc.call("POST", "/2016-08-15/services", {}, std::move(wanted));
    if (!made && made.error().code != "ServiceAlreadyExists") return Failure(made.error());
    return {};
}

// The zip of its folder, with what it needs besides if that is to be installed.
Result<std::string> pack(Context& context, const ProjectFunction& function, bool build) {
    std::optional<Addition> installed;
    if (build) {
        TRY(installed, install_dependencies(context, function));
    }
    return pack_folder(function.code, installed);
}

struct DeployedTriggers {
    std::vector<std::vector<std::string>> rows;
    json::array done;
    std::string url;  // of the one that is called over HTTP; empty if none is
};

// What the server refused, with the line that asked for it.
Failure at_line(const Project& project, int line, Error error) {
    error.what = fmt::format("{}:{}: {}", project.file.string(), line, error.what);
    return Failure(std::move(error));
}

Result<DeployedTriggers> deploy_triggers(const FcClient& fc, const FunctionName& function,
                                         const Project& project, const ProjectFunction& wanted) {
    DeployedTriggers out;
    const auto note = [&](const std::string& name, std::string_view action, const std::string& more,
                          json::object done) {
        out.rows.push_back({"  " + name, std::string(action), more});
        done["name"] = name;
        done["action"] = action;
        out.done.push_back(std::move(done));
    };
    if (wanted.names_triggers) {  // first: their places may be wanted
        std::vector<std::string> names;
        for (const auto& [trigger, _] : wanted.triggers) names.push_back(trigger.name);
        TRY(const auto gone, remove_other_triggers(fc, function, names));
        for (const auto& name : gone) note(name, "removed", "", {});
    }
    for (const auto& [trigger, line] : wanted.triggers) {
        auto deployed = deploy_trigger(fc, function, trigger);
        if (!deployed) return at_line(project, line, std::move(deployed).error());
        const auto config = json::parse(trigger.config);
        note(trigger.name, deployed->action, trigger_text(trigger.type, config.as_object()),
             {{"type", trigger.type}, {"url", deployed->url}});
        if (!deployed->url.empty()) out.url = deployed->url;
    }
    return out;
}

// How its asynchronous calls are carried out, if the project says so.
Result<void> deploy_async(const FcClient& fc, const FunctionName& function, const Project& project,
                          const ProjectFunction& wanted) {
    if (wanted.async.empty()) return {};
    auto done = fc.call("PUT", function_path(function) + "/async-invoke-config", {},
                        json::parse(wanted.async));
    if (!done) return at_line(project, wanted.async_line, std::move(done).error());
    return {};
}

// A function that is called over HTTP takes no events.
std::string next_step(const FunctionName& name, const std::string& url) {
    if (!url.empty()) return "curl " + url;
    return "mayfly invoke " + (name.service == "default" ? "" : name.service + "/") + name.function;
}

Result<int> deploy(Context& context, const std::string& folder, const Overrides& overrides,
                   bool build) {
    TRY(const auto project, load_project(folder, overrides));
    TRY(const auto fc, FcClient::open(context));
    TRYV(ensure_service(fc, project));
    std::vector<std::vector<std::string>> rows;
    json::array done;
    std::string next;
    for (const auto& f : project.functions) {
        const FunctionName name{project.service, f.spec.name};
        TRY(const auto zip, pack(context, f, build));
        TRY(const auto action, deploy_one(fc, name, f, zip));
        TRYV(deploy_async(fc, name, project, f));
        TRY(const auto triggers, deploy_triggers(fc, name, project, f));
        const auto url = triggers.url.empty() ? fc.base_url() + function_path(name) + "/invocations"
                                              : triggers.url;
        rows.push_back({f.spec.name, std::string(action), f.spec.runtime,
                        fmt::format("{} MB", f.spec.memory_mb), human_bytes(zip.size()), url});
        std::ranges::copy(triggers.rows, std::back_inserter(rows));
        done.push_back({{"service", project.service},
                        {"function", f.spec.name},
                        {"action", action},
                        {"runtime", f.spec.runtime},
                        {"memoryMb", f.spec.memory_mb},
                        {"codeBytes", zip.size()},
                        {"codeChecksum", std::to_string(crc64(zip))},
                        {"triggers", triggers.done},
                        {"url", url}});
        if (next.empty()) next = next_step(name, triggers.url);
    }
    if (context.json()) {
        context.io.out << json::serialize(json::object{{"functions", std::move(done)}}) << '\n';
        return 0;
    }
    context.io.out << table(rows);
    context.io.err << "next  " << next << "\n";
    return 0;
}

}  // namespace

void add_deploy(CLI::App& app, Context& context, Action& chosen) {
    auto* verb =
        app.add_subcommand("deploy", "Packs a folder and makes it a function, or updates it");
    const auto folder = std::make_shared<std::string>(".");
    const auto o = std::make_shared<Overrides>();
    verb->add_option("DIR", *folder,
                     "Folder with the code; its mayfly.yaml, if any, names the functions");
    verb->add_option("--service", o->service, "Service to deploy to (default: 'default')");
    verb->add_option("--name", o->name, "Name of the function (default: the folder's)");
    verb->add_option("--handler", o->handler, "What is called, as FILE.FUNCTION");
    verb->add_option("--runtime", o->runtime, "python3, nodejs20, java11, custom, ...");
    verb->add_option("--memory", o->memory_mb, "Memory of one worker, in MB");
    verb->add_option("--timeout", o->timeout_s, "Time limit of one call, in seconds");
    verb->add_option("--env", o->env, "KEY=VALUE for the function; may be repeated")
        ->expected(1)
        ->take_all();
    const auto build = std::make_shared<bool>(false);
    verb->add_flag("--build", *build,
                   "First install what requirements.txt, package.json or pom.xml declare");
    verb->footer(
        "Example:\n  mayfly deploy ./hello --memory 256 --env GREETING=Hello\n"
        "  mayfly deploy ./shop --build");
    verb->callback([&context, &chosen, folder, o, build] {
        chosen = [&context, folder, o, build] { return deploy(context, *folder, *o, *build); };
    });
}

}  // namespace mayfly::cli
