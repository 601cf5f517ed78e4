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

// FC has or had these; this build cannot run them.
const std::vector<std::string>& known_runtimes() {
    static const std::vector<std::string> names = {"nodejs4.4",
                                                   "nodejs6",
                                                   "nodejs8",
                                                   "nodejs10",
                                                   "nodejs12",
                                                   "nodejs14",
                                                   "nodejs16",
                                                   "nodejs18",
                                                   "nodejs20",
                                                   "python2.7",
                                                   "python3",
                                                   "python3.9",
                                                   "python3.10",
                                                   "python3.12",
                                                   "java8",
                                                   "java11",
                                                   "go1",
                                                   "php7.2",
                                                   "dotnetcore2.1",
                                                   "dotnetcore3.1",
                                                   "custom",
                                                   "custom.debian10",
                                                   "custom.debian11",
                                                   "custom.debian12",
                                                   "custom-container"};
    return names;
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }

bool contains(const auto& range, std::string_view word) {
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

Result<void> check_runtime(const std::string& runtime) {
    const auto available = fmt::format("{}", fmt::join(available_runtimes(), ", "));
    if (runtime.empty()) return refuse("runtime is required; this server has: {}", available);
    if (contains(available_runtimes(), runtime)) return {};
    if (contains(known_runtimes(), runtime))
        return refuse("the runtime '{}' is not available on this server; it has: {}", runtime,
                      available);
    const auto near = nearest(runtime, known_runtimes());
    return refuse("there is no runtime '{}'{}; this server has: {}", runtime,
                  near ? fmt::format(" (did you mean '{}'?)", *near) : "", available);
}

// Python: file.function, where file may hold folders ("pkg/index.handler", "pkg.index.handler").
Result<void> check_handler(std::string_view field, std::string_view handler) {
    TRYV(check_length(field, handler, 128));
    const auto dot = handler.rfind('.');
    const bool shaped =
        dot != handler.npos && dot != 0 && dot + 1 != handler.size() && handler.front() != '/';
    const bool clean = std::ranges::all_of(handler, [](char c) {
        return letter(c) || digit(c) || c == '_' || c == '-' || c == '.' || c == '/' ||
               static_cast<unsigned char>(c) >= 128;
    });
    if (shaped && clean && handler.find("..") == handler.npos) return {};
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

}  // namespace

const std::vector<std::string>& available_runtimes() {
    static const std::vector<std::string> names = {"python3", "python3.9", "python3.10",
                                                   "python3.12"};
    return names;
}

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

Result<void> validate(const FunctionSpec& spec) {
    TRYV(validate_name("function", spec.name));
    TRYV(check_length("description", spec.description, 256));
    TRYV(check_runtime(spec.runtime));
    if (spec.handler.empty()) return refuse("handler is required, such as index.handler");
    TRYV(check_handler("handler", spec.handler));
    if (!spec.initializer.empty()) TRYV(check_handler("initializer", spec.initializer));
    TRYV(check_range("timeout", spec.timeout.count(), 1, 86400));
    TRYV(check_range("initializationTimeout", spec.initialization_timeout.count(), 1, 300));
    TRYV(check_range("memorySize", spec.memory_mb, 64, 32768));
    if (spec.memory_mb % 64 != 0)
        return refuse("memorySize is {}; it must be a multiple of 64 MB, such as {}",
                      spec.memory_mb, (spec.memory_mb + 63) / 64 * 64);
    if (spec.disk_mb != 512 && spec.disk_mb != 10240)
        return refuse("diskSize is {}; it must be 512 or 10240 MB", spec.disk_mb);
    TRYV(check_range("instanceConcurrency", spec.instance_concurrency, 1, 200));
    return check_environment(spec.environment);
}

}  // namespace mayfly::catalog
