#include "custom/setup.hpp"

#include <boost/json.hpp>

namespace mayfly::custom {

namespace json = boost::json;

namespace {

std::string text(const json::object& o, std::string_view name) {
    const auto& value = o.at(name);
    return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

Seconds seconds(const json::object& o, std::string_view name) {
    return Seconds(o.at(name).to_number<std::int64_t>());
}

void append(std::vector<std::string>& words, const json::value& list) {
    for (const auto& word : list.as_array()) words.emplace_back(word.as_string());
}

HealthCheck health_check(const json::object& o) {
    return {.path = text(o, "path"),
            .initial_delay = seconds(o, "initial_delay_seconds"),
            .period = seconds(o, "period_seconds"),
            .limit = seconds(o, "timeout_seconds"),
            .failures_max = o.at("failure_threshold").to_number<int>(),
            .successes = o.at("success_threshold").to_number<int>()};
}

// The handler's name; empty if the function has no such hook.
std::string hook(const json::object& setup, std::string_view name) {
    const auto* hooks = setup.if_contains("hooks");
    const auto* handler = hooks ? hooks->as_object().if_contains(name) : nullptr;
    return handler ? std::string(handler->as_string()) : std::string();
}

// FC's names (facts: "Custom runtime", common request headers). What is not set is not sent.
Headers constants(const json::object& setup) {
    const auto& context = setup.at("context").as_object();
    const auto& function = context.at("function").as_object();
    const auto& service = context.at("service").as_object();
    Headers all{{"x-fc-function-name", text(function, "name")},
                {"x-fc-function-handler", text(function, "handler")},
                {"x-fc-function-memory", text(function, "memory")},
                {"x-fc-function-timeout", text(function, "timeout")},
                {"x-fc-function-initializer", text(function, "initializer")},
                {"x-fc-initialization-timeout", text(function, "initialization_timeout")},
                {"x-fc-instance-lifecycle-pre-freeze-handler", hook(setup, "pre_freeze")},
                {"x-fc-instance-lifecycle-pre-stop-handler", hook(setup, "pre_stop")},
                {"x-fc-service-name", text(service, "name")},
                {"x-fc-service-logproject", text(service, "log_project")},
                {"x-fc-service-logstore", text(service, "log_store")},
                {"x-fc-qualifier", text(service, "qualifier")},
                {"x-fc-version-id", text(service, "version_id")},
                {"x-fc-region", text(context, "region")},
                {"x-fc-account-id", text(context, "account_id")}};
    std::erase_if(all, [](const Header& h) { return h.value.empty(); });
    return all;
}

Setup setup(const json::object& o) {
    const auto& custom = o.at("custom").as_object();
    Setup s;
    append(s.words, custom.at("command"));
    append(s.words, custom.at("args"));
    for (const auto& [name, value] : o.at("environment").as_object())
        s.environment.push_back(std::string(name) + '=' + std::string(value.as_string()));
    s.search_path = text(o.at("environment").as_object(), "PATH");
    s.concurrency = o.at("concurrency").to_number<int>();
    s.port = custom.at("port").to_number<std::uint16_t>();
    s.start_limit = seconds(custom, "start_seconds");
    if (const auto* check = custom.if_contains("health_check"))
        s.health = health_check(check->as_object());
    s.has_initializer = !text(o, "initializer").empty();
    s.constants = constants(o);
    return s;
}

}  // namespace

Result<Setup> read_setup(std::string_view bytes) {
    try {
        const auto root = json::parse(bytes);
        const auto& object = root.as_object();
        if (object.at("protocol").to_number<int>() != 1)
            return fail(Kind::invalid, "the server speaks another protocol");
        auto made = setup(object);
        if (made.words.empty()) return fail(Kind::invalid, "the setup names no program");
        return made;
    } catch (const std::exception& e) {  // Boost.JSON says so of a missing or mistyped field
        return fail(Kind::invalid, std::string("the setup cannot be read: ") + e.what());
    }
}

}  // namespace mayfly::custom
