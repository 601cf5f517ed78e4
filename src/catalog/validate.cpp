#include "catalog/validate.hpp"

#include "base/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mayfly::catalog {

namespace {

template <class... Args>
Failure refuse(fmt::format_string<Args...> text, Args&&... args) {
    return fail(Kind::invalid, fmt::format(text, std::forward<Args>(args)...), "InvalidArgument");
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool contains(const auto& range, const auto& word) {
    return std::ranges::find(range, word) != std::ranges::end(range);
}

Result<void> check_range(std::string_view field, std::int64_t value, std::int64_t least,
                         std::int64_t most) {
    if (value >= least && value <= most) return {};
    return refuse("{} is {}; it must be from {} to {}", field, value, least, most);
}

Result<void> check_length(std::string_view field, std::string_view text, std::size_t most) {
    if (text.size() <= most) return {};
    return refuse("{} has {} bytes; it may have {}", field, text.size(), most);
}

// The runtimes that can run here, in words.
std::string available(const std::vector<Language>& host) {
    std::vector<std::string_view> names;
    for (const auto& known : runtimes())
        if (known.language && contains(host, *known.language)) names.push_back(known.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

std::string_view debian_package(Language language) {
    switch (language) {
        case Language::python: return "python3";
        case Language::nodejs: return "nodejs";
        case Language::java: return "openjdk-17-jre-headless";
        case Language::custom: break;
    }
    return "mayfly";
}

// A name of FC's, whether or not it can run here.
Result<void> check_known(const std::string& runtime) {
    std::vector<std::string> names;
    for (const auto& known : runtimes()) names.emplace_back(known.name);
    if (contains(names, runtime)) return {};
    const auto near = nearest(runtime, names);
    return refuse("there is no runtime '{}'{}", runtime,
                  near ? fmt::format("; did you mean '{}'?", *near) : "");
}

Result<void> check_runtime(const std::string& runtime, const std::vector<Language>& host) {
    if (runtime.empty()) return refuse("runtime is required; this server has: {}", available(host));
    if (const auto known = check_known(runtime); !known)
        return refuse("{}; this server has: {}", known.error().what, available(host));
    const auto language = language_of(runtime);
    if (runtime == "custom-container")
        return refuse(
            "the runtime 'custom-container' is not available: this server runs no images; put the "
            "program and a 'bootstrap' that starts it into a zip, and take the runtime 'custom'");
    if (!language)
        return refuse("the runtime '{}' is not available on this server; it has: {}", runtime,
                      available(host));
    if (contains(host, *language)) return {};
    return refuse(
        "the runtime '{}' is not available on this machine until the Debian package {} is "
        "installed and the server started again; it has: {}",
        runtime, debian_package(*language), available(host));
}

bool in_handler(char c) {
    return letter(c) || digit(c) || c == '_' || c == '-' || c == '.' || c == '/' || c == '$' ||
           static_cast<unsigned char>(c) >= 128;
}

// file.function, where file may hold folders ("pkg/index.handler", "pkg.index.handler").
bool is_file_handler(std::string_view handler) {
    const auto dot = handler.rfind('.');
    return dot != handler.npos && dot != 0 && dot + 1 != handler.size() && handler.front() != '/' &&
           std::ranges::all_of(handler, in_handler) && handler.find("..") == handler.npos;
}

// package.Class::method.
bool is_class_handler(std::string_view handler) {
    const auto colons = handler.find("::");
    if (colons == handler.npos || colons == 0 || colons + 2 == handler.size()) return false;
    const auto clean = [](std::string_view part) {
        return std::ranges::all_of(part, [](char c) { return in_handler(c) && c != '/'; });
    };
    return clean(handler.substr(0, colons)) && clean(handler.substr(colons + 2));
}

Result<void> check_handler(std::string_view field, std::string_view handler, Language language) {
    TRYV(check_length(field, handler, 128));
    if (language == Language::custom) return {};  // the program's own affair
    if (language == Language::java) {
        if (is_class_handler(handler)) return {};
        return refuse("{} '{}' must have the form package.Class::method, such as {}", field,
                      handler, "example.App::handleRequest");
    }
    if (is_file_handler(handler)) return {};
    return refuse("{} '{}' must have the form file.function, such as index.handler", field,
                  handler);
}

Result<void> check_environment(const std::map<std::string, std::string>& environment) {
    static constexpr std::string_view reserved[] = {"accessKeyID", "accessKeySecret",
                                                    "securityToken", "topic"};
    std::size_t bytes = 0;
    for (const auto& [key, value] : environment) {
        const bool clean =
            !key.empty() && letter(key.front()) &&
            std::ranges::all_of(key, [](char c) { return letter(c) || digit(c) || c == '_'; });
        if (!clean)
            return refuse(
                "the environment variable '{}' must begin with a letter and hold only letters, "
                "digits and _",
                key);
        if (key.starts_with("FC_") || contains(reserved, key))
            return refuse(
                "the environment variable '{}' is reserved for the platform; choose another name",
                key);
        if (value.find('\0') != value.npos)
            return refuse("the value of the environment variable '{}' holds a NUL byte", key);
        bytes += key.size() + value.size();
    }
    if (bytes > 4096)
        return refuse("the environment variables have {} bytes together; they may have 4096",
                      bytes);
    return {};
}

// Ports below 1,024 belong to those with a capability, and a function has none.
Result<void> check_custom(const FunctionSpec& spec) {
    if (spec.ca_port != 0) TRYV(check_range("caPort", spec.ca_port, 1024, 65535));
    std::size_t bytes = 0;
    for (const auto* words : {&spec.command, &spec.args})
        for (const auto& word : *words) {
            if (word.find('\0') != word.npos)
                return refuse("customRuntimeConfig holds a NUL byte; remove it");
            bytes += word.size() + 1;
        }
    if (bytes > 4096)
        return refuse(
            "customRuntimeConfig has {} bytes; it may have 4096: put long arguments into "
            "a file of the package",
            bytes);
    if (!spec.command.empty() && spec.command.front().empty())
        return refuse(
            "customRuntimeConfig.command begins with an empty word; name a program, such "
            "as /code/server");
    return {};
}

Result<void> check_health(const HealthCheck& health) {
    if (health.path.empty()) return {};
    TRYV(check_length("customHealthCheckConfig.httpGetUrl", health.path, 1024));
    const bool clean = health.path.front() == '/' &&
                       std::ranges::all_of(health.path, [](char c) { return c > 32 && c < 127; });
    if (!clean)
        return refuse(
            "customHealthCheckConfig.httpGetUrl '{}' must be a path in printable ASCII, such as "
            "/ready",
            health.path);
    const auto name = [](auto field) { return fmt::format("customHealthCheckConfig.{}", field); };
    TRYV(check_range(name("initialDelaySeconds"), health.initial_delay.count(), 0, 120));
    TRYV(check_range(name("periodSeconds"), health.period.count(), 1, 120));
    TRYV(check_range(name("timeoutSeconds"), health.timeout.count(), 1, 3));
    TRYV(check_range(name("failureThreshold"), health.failure_threshold, 1, 120));
    return check_range(name("successThreshold"), health.success_threshold, 1, 120);
}

Result<void> check_hook(std::string_view field, const LifecycleHook& hook, Language language) {
    if (hook.handler.empty()) return {};
    TRYV(check_handler(fmt::format("{}.handler", field), hook.handler, language));
    return check_range(fmt::format("{}.timeout", field), hook.timeout.count(), 1, 90);
}

}  // namespace

Result<void> validate_name(std::string_view what, std::string_view name) {
    const bool clean = !name.empty() && name.size() <= 128 && !digit(name.front()) &&
                       name.front() != '-' && std::ranges::all_of(name, [](char c) {
                           return letter(c) || digit(c) || c == '_' || c == '-';
                       });
    if (clean) return {};
    return refuse(
        "the {} name '{}' must have 1 to 128 letters, digits, _ or -, and not begin with a digit "
        "or -",
        what, name.substr(0, 200));
}

Result<void> validate(const ServiceSpec& spec) {
    TRYV(validate_name("service", spec.name));
    TRYV(check_length("description", spec.description, 256));
    TRYV(check_length("role", spec.role, 256));
    TRYV(check_length("logConfig.project", spec.log_project, 128));
    return check_length("logConfig.logstore", spec.log_store, 128);
}

Result<void> validate(const FunctionSpec& spec, const std::vector<Language>& host) {
    TRYV(validate_name("function", spec.name));
    TRYV(check_length("description", spec.description, 256));
    TRYV(check_runtime(spec.runtime, host));
    const auto language = *language_of(spec.runtime);
    if (spec.handler.empty()) return refuse("handler is required, such as index.handler");
    TRYV(check_handler("handler", spec.handler, language));
    if (!spec.initializer.empty()) TRYV(check_handler("initializer", spec.initializer, language));
    TRYV(check_range("timeout", spec.timeout.count(), 1, 86400));
    TRYV(check_range("initializationTimeout", spec.initialization_timeout.count(), 1, 300));
    TRYV(check_range("memorySize", spec.memory_mb, 64, 32768));
    if (spec.memory_mb % 64 != 0)
        return refuse("memorySize is {}; it must be a multiple of 64 MB, such as {}",
                      spec.memory_mb, (spec.memory_mb + 63) / 64 * 64);
    if (spec.disk_mb != 512 && spec.disk_mb != 10240)
        return refuse("diskSize is {}; it must be 512 or 10240 MB", spec.disk_mb);
    TRYV(check_range("instanceConcurrency", spec.instance_concurrency, 1, 200));
    TRYV(check_custom(spec));
    TRYV(check_health(spec.health_check));
    TRYV(check_hook("instanceLifecycleConfig.preFreeze", spec.pre_freeze, language));
    TRYV(check_hook("instanceLifecycleConfig.preStop", spec.pre_stop, language));
    return check_environment(spec.environment);
}

Result<void> validate(const LayerVersion& version) {
    TRYV(validate_name("layer", version.name.name));
    TRYV(check_length("description", version.description, 256));
    for (const auto& runtime : version.runtimes) TRYV(check_known(runtime));
    return {};
}

// FC's words, and then the remedy.
Result<void> validate_fit(const std::string& runtime, const LayerVersion& layer,
                          std::string_view arn) {
    if (layer.runtimes.empty() || contains(layer.runtimes, runtime)) return {};
    return refuse("runtime: {} is not supported by layer:{}; it is made for {}", runtime, arn,
                  fmt::join(layer.runtimes, ", "));
}

}  // namespace mayfly::catalog
