#include "cli/project.hpp"

#include "base/text.hpp"
#include "cli/loops.hpp"
#include "cli/project_triggers.hpp"
#include "cli/yaml.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

#include <algorithm>

namespace mayfly::cli {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

void read_isolation(const YAML::Node& function, FunctionSpec& spec) {
    std::string isolation = "standard";
    read(function, "isolation", isolation);
    spec.strict = isolation == "strict";
    spec.one_call = isolation == "request";
    if (isolation == "standard" || spec.strict || spec.one_call) return;
    throw Wrong{function["isolation"].Mark().line + 1,
                "'isolation' must be standard, strict or request"};
}

// A function that writes where its own trigger watches would call itself for ever.
void refuse_loops(const ProjectFunction& function) {
    for (const auto& [trigger, line] : function.triggers) {
        if (trigger.type != "oss") continue;
        const auto watched = watched_text(trigger);
        for (const auto& written : function.writes) {
            if (!may_meet(trigger, written)) continue;
            throw Wrong{line,
                        fmt::format("function '{}' writes to '{}', where its trigger '{}' watches "
                                    "({}): each object would make another, without end; let it "
                                    "write under another prefix or into another bucket",
                                    function.spec.name, written, trigger.name, watched)};
        }
    }
}

// How its asynchronous calls are carried out, in the form the API takes it; a destination that is
// not named is none.
std::string read_async(const YAML::Node& node, const std::string& function) {
    allow_keys(node,
               {"maxAsyncRetryAttempts", "maxAsyncEventAgeInSeconds", "statefulInvocation",
                "asyncConcurrency", "onSuccess", "onFailure"},
               "'async' of '" + function + "'");
    int retries = 3;
    std::int64_t age_s = 86'400;
    int at_once = 0;  // 0: the server's default
    bool stateful = false;
    std::string on_success, on_failure;
    read(node, "maxAsyncRetryAttempts", retries);
    read(node, "maxAsyncEventAgeInSeconds", age_s);
    read(node, "statefulInvocation", stateful);
    read(node, "asyncConcurrency", at_once);
    read(node, "onSuccess", on_success);
    read(node, "onFailure", on_failure);
    const auto side = [](const std::string& destination) {
        return destination.empty() ? json::value(nullptr)
                                   : json::value{{"destination", destination}};
    };
    json::object config{
        {"maxAsyncRetryAttempts", retries},
        {"maxAsyncEventAgeInSeconds", age_s},
        {"statefulInvocation", stateful},
        {"destinationConfig", {{"onSuccess", side(on_success)}, {"onFailure", side(on_failure)}}}};
    if (at_once > 0) config["asyncConcurrency"] = at_once;
    return json::serialize(config);
}

ProjectFunction read_function(const std::string& name, const YAML::Node& node,
                              const fs::path& folder) {
    ProjectFunction f{.spec = {.name = name}, .code = folder};
    if (node.IsNull()) return f;
    allow_keys(node,
               {"handler", "runtime", "memory", "timeout", "initializer", "environment", "code",
                "layers", "isolation", "concurrency", "triggers", "writes", "async"},
               "function '" + name + "'");
    auto timeout_s = static_cast<int>(f.spec.timeout.count());
    std::string code = ".";
    read(node, "handler", f.spec.handler);
    read(node, "runtime", f.spec.runtime);
    read(node, "memory", f.spec.memory_mb);
    read(node, "timeout", timeout_s);
    read(node, "initializer", f.spec.initializer);
    read(node, "environment", f.spec.environment);
    read(node, "code", code);
    read(node, "layers", f.layers);
    read_isolation(node, f.spec);
    f.spec.timeout = Seconds{timeout_s};
    f.triggers = read_triggers(node["triggers"], name);
    f.names_triggers = node["triggers"].IsDefined();
    if (const auto async = node["async"]; async && !async.IsNull()) {
        f.async = read_async(async, name);
        f.async_line = line_of(async);
    }
    read(node, "writes", f.writes);
    read(node, "concurrency", f.spec.instance_concurrency);
    refuse_loops(f);
    f.code = folder / code;
    return f;
}

Project read_file_of(const fs::path& file) {
    const auto root = YAML::LoadFile(file.string());
    allow_keys(root, {"service", "role", "internetAccess", "functions"}, "mayfly.yaml");
    Project project{.file = file};
    read(root, "service", project.service);
    read(root, "role", project.role);
    if (root["internetAccess"]) read(root, "internetAccess", project.internet_access.emplace());
    const auto functions = root["functions"];
    if (!functions || !functions.IsMap() || functions.size() == 0)
        throw Wrong{0, "it names no functions"};
    for (const auto& entry : functions) {
        project.functions.push_back(
            read_function(entry.first.as<std::string>(), entry.second, file.parent_path()));
    }
    std::ranges::sort(project.functions, {}, [](const auto& f) { return f.spec.name; });
    return project;
}

struct Guess {
    const char *file, *runtime, *handler;
};
constexpr Guess guesses[] = {{"index.py", "python3", "index.handler"},
                             {"main.py", "python3", "main.handler"},
                             {"index.js", "nodejs20", "index.handler"},
                             {"index.mjs", "nodejs20", "index.handler"},
                             {"bootstrap", "custom", "index.handler"}};

// Fills in runtime and handler from the files.
Result<void> guess(ProjectFunction& f) {
    auto& spec = f.spec;
    if (!spec.runtime.empty() && !spec.handler.empty()) return {};
    std::error_code ignored;
    for (const auto& g : guesses) {
        if (!fs::exists(f.code / g.file, ignored)) continue;
        if (!spec.runtime.empty() &&
            lower(spec.runtime).substr(0, 4) != std::string_view(g.runtime).substr(0, 4))
            continue;
        if (spec.runtime.empty()) spec.runtime = g.runtime;
        if (spec.handler.empty()) spec.handler = g.handler;
        return {};
    }
    return fail(
        Kind::invalid,
        fmt::format(
            "cannot tell how '{}' runs: '{}' has no index.py, main.py, index.js, index.mjs or "
            "bootstrap; give --runtime and --handler, or write them into mayfly.yaml",
            spec.name, f.code.string()));
}

std::string name_of(const fs::path& folder) {
    std::error_code ignored;
    return fs::canonical(folder, ignored).filename().string();
}

// Keeps the function that --name picks.
Result<void> pick(Project& project, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& f : project.functions) names.push_back(f.spec.name);
    if (std::ranges::find(names, name) == names.end()) {
        const auto near = nearest(name, names);
        return fail(Kind::not_found, "mayfly.yaml has no function '" + name + "'" +
                                         (near ? "; did you mean '" + *near + "'?" : ""));
    }
    std::erase_if(project.functions, [&](const auto& f) { return f.spec.name != name; });
    return {};
}

Result<void> apply(const Overrides& o, Project& project) {
    const bool any =
        !o.handler.empty() || !o.runtime.empty() || o.memory_mb || o.timeout_s || !o.env.empty();
    if (any && project.functions.size() > 1) {
        return fail(
            Kind::invalid,
            "the folder has several functions; say with --name which one the options are for");
    }
    if (!o.service.empty()) project.service = o.service;
    if (!any) return {};
    auto& spec = project.functions.front().spec;
    if (!o.handler.empty()) spec.handler = o.handler;
    if (!o.runtime.empty()) spec.runtime = o.runtime;
    if (o.memory_mb) spec.memory_mb = *o.memory_mb;
    if (o.timeout_s) spec.timeout = Seconds{*o.timeout_s};
    for (const auto& pair : o.env) {
        const auto at = pair.find('=');
        if (at == pair.npos || at == 0)
            return fail(Kind::invalid, "--env '" + pair + "' is not KEY=VALUE");
        spec.environment[pair.substr(0, at)] = pair.substr(at + 1);
    }
    return {};
}

Result<Project> load(const fs::path& folder, const Overrides& o) {
    Project project;
    const auto file = folder / "mayfly.yaml";
    std::error_code ignored;
    if (fs::exists(file, ignored)) {
        project = read_file_of(file);
        if (!o.name.empty()) TRYV(pick(project, o.name));
    } else {
        const auto name = o.name.empty() ? name_of(folder) : o.name;
        project.functions.push_back({.spec = {.name = name}, .code = folder});
    }
    TRYV(apply(o, project));
    for (auto& f : project.functions) TRYV(guess(f));
    return project;
}

Failure wrong_file(const fs::path& folder, int line, const std::string& what) {
    const auto file = (folder / "mayfly.yaml").string();
    return fail(Kind::invalid,
                line > 0 ? fmt::format("{}:{}: {}", file, line, what) : file + ": " + what);
}

}  // namespace

Result<Project> load_project(const fs::path& folder, const Overrides& overrides) {
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored)) {
        return fail(Kind::not_found, "there is no folder '" + folder.string() + "'");
    }
    try {
        return load(folder, overrides);
    } catch (const Wrong& wrong) {
        return wrong_file(folder, wrong.line, wrong.what);
    } catch (const YAML::Exception& e) {
        return wrong_file(folder, e.mark.line + 1, e.msg);
    }
}

}  // namespace mayfly::cli
