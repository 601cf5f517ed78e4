#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/fc_client.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <istream>
#include <iterator>
#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

// Longer than any function may run (86,400 s): the server ends the call, not we.
constexpr Millis call_limit = std::chrono::hours{25};

struct Wish {
    std::string function;
    std::string data;
    std::string file;
    bool log = false;
    bool async = false;
    int delay_s = 0;
    std::string task;
};

Result<std::string> event_of(Context& context, const Wish& wish) {
    if (wish.file.empty()) return wish.data;
    if (wish.file != "-") return read_file(wish.file);
    return std::string(std::istreambuf_iterator<char>(context.io.in), {});
}

// JSON text must be UTF-8; other bytes go as base64.
void put_bytes(json::object& into, std::string_view key, const std::string& bytes) {
    const json::value text(bytes);
    boost::system::error_code not_utf8;
    (void)json::parse(json::serialize(text), not_utf8);
    if (not_utf8) into[std::string(key) + "Base64"] = base64(bytes);
    else into[key] = text;
}

std::string member(const json::value& error, std::string_view key) {
    const auto* v = error.is_object() ? error.as_object().if_contains(key) : nullptr;
    return v && v->is_string() ? std::string(v->as_string()) : std::string();
}

void say_stack(std::ostream& err, const json::value& line) {
    if (line.is_array()) {
        for (const auto& part : line.as_array()) say_stack(err, part);
    } else {
        std::string text(line.is_string() ? std::string(line.as_string()) : json::serialize(line));
        for (const auto part : split(trim(text), '\n')) err << "  " << part << '\n';
    }
}

// The function's own error, as a person reads it: what, where, what next.
void say_function_error(Context& context, const Wish& wish, const std::string& body) {
    boost::system::error_code broken;
    const auto error = json::parse(body, broken);
    const auto type = member(error, "errorType"), message = member(error, "errorMessage");
    std::string what = wish.function;
    if (message.empty()) what += " failed: " + body;
    else what += (type.empty() ? " failed: " : " raised " + type + ": ") + message;
    say_error(context, {Kind::failed, what});
    if (context.json()) return;
    if (!broken && error.is_object()) {
        for (const auto* key : {"stackTrace", "stack"}) {
            if (const auto* stack = error.as_object().if_contains(key))
                say_stack(context.io.err, *stack);
        }
    }
    context.io.err << "  look      mayfly logs " << wish.function << '\n';
}

int exit_of_failure(const std::string& body) {
    boost::system::error_code broken;
    const auto message = member(json::parse(body, broken), "errorMessage");
    return exit_code(message.starts_with("Function timed out after") ? Kind::timed_out
                                                                     : Kind::failed);
}

json::object describe(const io::HttpResponse& r, const std::string& log) {
    json::object about{{"requestId", r.header("x-fc-request-id")}};
    if (const auto ms = parse_int(r.header("x-fc-invocation-duration"))) about["durationMs"] = *ms;
    if (const auto mb = r.header("x-fc-max-memory-usage"); !mb.empty()) about["memoryMb"] = mb;
    if (const auto type = r.header("x-fc-error-type"); !type.empty()) about["errorType"] = type;
    put_bytes(about, "body", r.body);
    if (!log.empty()) put_bytes(about, "log", log);
    return about;
}

Result<int> invoke(Context& context, const Wish& wish) {
    TRY(const auto name, parse_function_name(wish.function));
    TRY(auto event, event_of(context, wish));
    TRY(const auto fc, FcClient::open(context));
    io::HttpFields headers{{"Content-Type", "application/octet-stream"}};
    if (wish.async || wish.delay_s > 0 || !wish.task.empty())
        headers.emplace_back("X-Fc-Invocation-Type", "Async");
    if (wish.delay_s > 0)
        headers.emplace_back("X-Mayfly-Delay-Seconds", std::to_string(wish.delay_s));
    if (!wish.task.empty()) headers.emplace_back("X-Fc-Stateful-Async-Invocation-Id", wish.task);
    if (wish.log) headers.emplace_back("X-Fc-Log-Type", "Tail");
    TRY(const auto r, fc.send("POST", function_path(name) + "/invocations", {}, std::move(event),
                              std::move(headers), call_limit));
    if (r.status >= 300) return Failure(error_of(r));
    if (r.status == 202) {
        const auto id = r.header("x-fc-request-id");
        if (context.json()) context.io.out << json::serialize(json::object{{"event", id}}) << '\n';
        else context.io.out << "event " << id << '\n';
        return 0;
    }
    const auto log = base64_decode(r.header("x-fc-log-result")).value_or("");
    const bool failed = !r.header("x-fc-error-type").empty();
    if (!context.json() && !log.empty()) context.io.err << log << (log.ends_with('\n') ? "" : "\n");
    if (context.json()) {
        context.io.out << json::serialize(describe(r, log)) << '\n';
    } else if (!failed) {
        context.io.out << r.body;
        if (context.io.out_is_terminal && !r.body.ends_with('\n')) context.io.out << '\n';
    }
    context.io.out.flush();
    if (!failed) return 0;
    say_function_error(context, wish, r.body);
    return exit_of_failure(r.body);
}

}  // namespace

void add_invoke(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("invoke", "Calls a function and prints its answer");
    const auto wish = std::make_shared<Wish>();
    verb->add_option("FUNCTION", wish->function, "FUNCTION or SERVICE/FUNCTION")->required();
    auto* data = verb->add_option("-d,--data-text,--event-str", wish->data, "The event, as text");
    verb->add_option("-f,--file,--event-file", wish->file,
                     "The event, from a file; - reads standard input")
        ->excludes(data);
    verb->add_flag("--async", wish->async,
                   "Leave it as an event and wait for no answer; prints its id");
    verb->add_option("--delay", wish->delay_s, "The same, and it starts in so many seconds")
        ->check(CLI::Range(1, 2'592'000));
    verb->add_option("--task", wish->task, "The same, under a name of yours, which is taken once");
    verb->add_flag("--log", wish->log, "Show on stderr what the function logged (its last 4 KB)");
    verb->footer(
        "Exit codes: 7 the function failed, 8 it timed out.\n\n"
        "Example:\n  mayfly invoke shop/thumbs -d '{\"key\": \"cat.jpg\"}' --log");
    verb->callback([&context, &chosen, wish] {
        chosen = [&context, wish] { return invoke(context, *wish); };
    });
}

}  // namespace mayfly::cli
