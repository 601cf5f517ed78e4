#include "base/text.hpp"
#include "cli/fc_client.hpp"
#include "cli/say.hpp"
#include "cli/triggers.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

// A member as a person reads it: text bare, numbers and the rest as JSON, unset as "".
std::string shown(const json::object& object, std::string_view key) {
    const auto* v = object.if_contains(key);
    if (!v || v->is_null()) return {};
    return v->is_string() ? std::string(v->as_string()) : json::serialize(*v);
}

std::uint64_t number(const json::object& object, std::string_view key) {
    const auto* v = object.if_contains(key);
    return v && v->is_number() ? v->to_number<std::uint64_t>() : 0;
}

Result<std::vector<std::string>> services(const FcClient& fc, const std::string& only) {
    if (!only.empty()) return std::vector<std::string>{only};
    TRY(const auto all, fc.list("/2016-08-15/services", "services"));
    std::vector<std::string> names;
    for (const auto& service : all) names.push_back(shown(service.as_object(), "serviceName"));
    return names;
}

Result<int> list(Context& context, const std::string& only) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto names, services(fc, only));
    std::vector<std::vector<std::string>> rows{
        {"SERVICE", "FUNCTION", "RUNTIME", "HANDLER", "MEMORY", "TIMEOUT", "CODE", "MODIFIED"}};
    json::array all;
    for (const auto& service : names) {
        TRY(const auto functions, fc.list(functions_path(service), "functions"));
        for (const auto& item : functions) {
            if (!item.is_object()) continue;
            auto f = item.as_object();
            rows.push_back({service, shown(f, "functionName"), shown(f, "runtime"),
                            shown(f, "handler"), shown(f, "memorySize") + " MB",
                            shown(f, "timeout") + " s", human_bytes(number(f, "codeSize")),
                            shown(f, "lastModifiedTime")});
            f["serviceName"] = service;
            all.push_back(std::move(f));
        }
    }
    if (context.json())
        context.io.out << json::serialize(json::object{{"functions", std::move(all)}}) << '\n';
    else if (rows.size() > 1) context.io.out << table(rows);
    else context.io.err << "no functions yet; mayfly deploy DIR makes one\n";
    return 0;
}

// A name that does not exist may be a slip: the server's other names of that service are asked.
Error with_hint(const FcClient& fc, const FunctionName& name, Error error) {
    if (error.code != "FunctionNotFound") return error;
    const auto there = fc.list(functions_path(name.service), "functions");
    if (!there) return error;
    std::vector<std::string> names;
    for (const auto& f : *there) {
        if (f.is_object()) names.push_back(shown(f.as_object(), "functionName"));
    }
    if (const auto near = nearest(name.function, names))
        error.what += "; did you mean '" + *near + "'?";
    return error;
}

// The newest objects and published events that a trigger looked at and did not take; none from a
// server that knows of none.
void add_near_misses(const FcClient& fc, const FunctionName& name,
                     std::vector<std::vector<std::string>>& rows) {
    const auto answer = fc.call("GET", "/mayfly/v1/near-misses",
                                {{"service", name.service}, {"function", name.function}});
    if (!answer || !answer->is_object()) return;
    const auto* all = answer->get_object().if_contains("nearMisses");
    if (!all || !all->is_array()) return;
    int left = 5;
    for (const auto& one : all->get_array()) {
        if (left-- == 0 || !one.is_object()) return;
        const auto& miss = one.get_object();
        const auto what = miss.contains("bucket")
                              ? shown(miss, "bucket") + "/" + shown(miss, "key")
                              : shown(miss, "type") + " from " + shown(miss, "source");
        rows.push_back(
            {"near miss of " + shown(miss, "trigger"), what + ": " + shown(miss, "why")});
    }
}

Result<int> show(Context& context, const std::string& which) {
    TRY(const auto name, parse_function_name(which));
    TRY(const auto fc, FcClient::open(context));
    const auto found = fc.call("GET", function_path(name));
    if (!found) return Failure(with_hint(fc, name, found.error()));
    TRY(const auto triggers, triggers_of(fc, name));
    if (context.json() || !found->is_object()) {
        auto all = *found;
        if (all.is_object()) all.get_object()["triggers"] = triggers;
        context.io.out << json::serialize(all) << '\n';
        return 0;
    }
    std::vector<std::vector<std::string>> rows{{"service", name.service}};
    for (const auto& [key, value] : found->as_object()) {
        auto text = shown(found->as_object(), key);
        if (!text.empty() && text != "{}" && text != "[]") rows.push_back({key, std::move(text)});
    }
    auto url = fc.base_url() + function_path(name) + "/invocations";
    for (const auto& trigger : triggers) {
        if (!trigger.is_object()) continue;
        const auto& t = trigger.get_object();
        const auto* config = t.if_contains("triggerConfig");
        rows.push_back(
            {"trigger " + shown(t, "triggerName"),
             trigger_text(shown(t, "triggerType"),
                          config && config->is_object() ? config->get_object() : json::object())});
        if (auto over_http = shown(t, "urlInternet"); !over_http.empty()) url = over_http;
    }
    rows.push_back({"url", url});
    add_near_misses(fc, name, rows);
    context.io.out << table(rows);
    return 0;
}

Result<int> remove(Context& context, const std::string& which) {
    TRY(const auto name, parse_function_name(which));
    TRY(const auto fc, FcClient::open(context));
    const auto cleared = remove_triggers(fc, name);
    if (!cleared) return Failure(with_hint(fc, name, cleared.error()));
    const auto removed = fc.call("DELETE", function_path(name));
    if (!removed) return Failure(with_hint(fc, name, removed.error()));
    if (context.json()) {
        context.io.out << json::serialize(json::object{{"service", name.service},
                                                       {"function", name.function},
                                                       {"action", "removed"}})
                       << '\n';
    } else {
        context.io.out << name.function << "  removed\n";
    }
    return 0;
}

using Deed = Result<int> (*)(Context&, const std::string&);

void add_part(CLI::App& fn, Context& context, Action& chosen, const char* name, const char* about,
              const char* operand, bool required, Deed deed, const char* example) {
    auto* part = fn.add_subcommand(name, about);
    const auto value = std::make_shared<std::string>();
    part->add_option(operand, *value)->required(required);
    part->footer(fmt::format("Example:\n  {}", example));
    part->callback([&context, &chosen, value, deed] {
        chosen = [&context, value, deed] { return deed(context, *value); };
    });
}

}  // namespace

void add_fn(CLI::App& app, Context& context, Action& chosen) {
    auto* fn = app.add_subcommand("fn", "Lists, shows and removes functions");
    fn->require_subcommand(1);
    fn->footer("Example:\n  mayfly fn ls");
    add_part(*fn, context, chosen, "ls", "Lists functions, of all services or of one", "SERVICE",
             false, list, "mayfly fn ls shop");
    add_part(*fn, context, chosen, "show", "Shows one function's configuration", "FUNCTION", true,
             show, "mayfly fn show shop/thumbs");
    add_part(*fn, context, chosen, "rm", "Removes a function and its triggers", "FUNCTION", true,
             remove, "mayfly fn rm shop/thumbs");
}

}  // namespace mayfly::cli
