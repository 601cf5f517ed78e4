// `mayfly why`: where the time of one call went.
#include "cli/fc_client.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

constexpr double kBarWidth = 40;  // characters, of the longest phase

std::string words_for(std::string_view origin) {
    if (origin == "parked") return "cold, on a worker that was parked ready";
    if (origin == "forked") return "cold, on a worker forked for it";
    if (origin == "executed") return "cold, on a worker started by plain exec";
    return "warm";
}

double number(const json::object& object, std::string_view key) {
    return object.at(key).to_number<double>();
}

std::string text(const json::object& object, std::string_view key) {
    return std::string(object.at(key).as_string());
}

// One line a phase, with a bar as long as its share of the longest.
void draw(const json::array& phases, std::ostream& out) {
    double longest = 1;
    std::size_t width = 0;
    for (const auto& phase : phases) {
        longest = std::max(longest, number(phase.as_object(), "us"));
        width = std::max(width, phase.at("name").as_string().size());
    }
    for (const auto& phase : phases) {
        const auto us = number(phase.as_object(), "us");
        std::string bar;
        for (int i = 0; i < static_cast<int>(kBarWidth * us / longest + 0.5); ++i) bar += "▇";
        out << fmt::format("  {:{}}  {:>10.3f} ms  {}\n", text(phase.as_object(), "name"), width,
                           us / 1000, bar);
    }
}

void print(const json::object& call, std::ostream& out) {
    const auto& course = call.at("course").as_object();
    out << fmt::format("{}  {}/{}  {}  {}\n", text(call, "requestId"), text(call, "service"),
                       text(call, "function"), text(call, "start"), text(call, "outcome"));
    out << fmt::format("{:.2f} ms, billed {:.0f} ms; {:.1f} of {:.0f} MB; called by {}\n",
                       number(call, "durationMs"), number(call, "billedMs"),
                       number(call, "memoryMbPeak"), number(call, "memoryMb"),
                       text(call, "trigger"));
    const auto* trace = call.if_contains("trace");
    if (trace && trace->is_object())
        out << fmt::format("trace {}, span {}\n", text(trace->as_object(), "traceId"),
                           text(trace->as_object(), "spanId"));
    const auto cause = text(course, "cause");
    out << words_for(text(course, "origin")) << (cause.empty() ? "" : ": " + cause) << "\n";
    draw(course.at("phases").as_array(), out);
}

Result<int> why(Context& context, const std::string& request_id) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", "/mayfly/v1/calls/" + request_id));
    const auto* call = answer.if_object();
    if (!call || !call->contains("course"))
        return fail(Kind::internal, fc.base_url() +
                                        " does not say where a call's time went; do "
                                        "client and server have the same version?");
    if (context.json()) context.io.out << json::serialize(answer) << '\n';
    else print(*call, context.io.out);
    return 0;
}

}  // namespace

void add_why(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("why", "Says where the time of one call went");
    const auto request_id = std::make_shared<std::string>();
    verb->add_option("REQUEST_ID", *request_id, "As `mayfly logs` and X-Fc-Request-Id show it")
        ->required();
    verb->footer("Example:\n  mayfly why 1-658af93f-a6c876063a36f1d872097e6a");
    verb->callback([&context, &chosen, request_id] {
        chosen = [&context, request_id] { return why(context, *request_id); };
    });
}

}  // namespace mayfly::cli
