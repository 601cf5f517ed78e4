#include "cli/fc_client.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

Failure not_ours(const FcClient& fc) {
    return fail(Kind::internal, fc.base_url() +
                                    " answered in a form this version does not know; do client and "
                                    "server have the same version?");
}

const json::array* array_in(const json::value& value, std::string_view key) {
    const auto* v = value.is_object() ? value.as_object().if_contains(key) : nullptr;
    return v ? v->if_array() : nullptr;
}

std::string text(const json::value& row, std::string_view key) {
    const auto* v = row.is_object() ? row.as_object().if_contains(key) : nullptr;
    return v && v->is_string() ? std::string(v->as_string()) : std::string();
}

double number(const json::value& row, std::string_view key) {
    const auto* v = row.is_object() ? row.as_object().if_contains(key) : nullptr;
    return v && v->is_number() ? v->to_number<double>() : 0;
}

Result<int> logs(Context& context, const std::string& which, int lines) {
    TRY(const auto name, parse_function_name(which));
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", "/mayfly/v1/logs",
                                   {{"service", name.service},
                                    {"function", name.function},
                                    {"lines", std::to_string(lines)}}));
    const auto* found = array_in(answer, "lines");
    if (!found) return not_ours(fc);
    for (const auto& line : *found) {
        if (context.json()) {
            context.io.out << json::serialize(line)
                           << '\n';  // one object a line: a stream for tools
        } else {
            context.io.out << text(line, "time") << "  " << text(line, "requestId") << "  "
                           << text(line, "text") << '\n';
        }
    }
    if (found->empty() && !context.json()) {
        context.io.err << which << " has logged nothing yet; mayfly invoke " << which << " --log\n";
    }
    return 0;
}

std::vector<std::string> bill_row(const std::string& name, const json::value& row) {
    const auto calls = number(row, "invocations");
    return {name,
            fmt::format("{:.0f}", calls),
            fmt::format("{:.0f}", number(row, "errors")),
            fmt::format("{:.1f} s", number(row, "billedMs") / 1000),
            fmt::format("{:.3f}", number(row, "gbSeconds")),
            fmt::format("{:.1f} %", calls > 0 ? 100 * number(row, "cold") / calls : 0.0)};
}

Result<int> bill(Context& context) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", "/mayfly/v1/bill"));
    const auto* functions = array_in(answer, "functions");
    if (!functions) return not_ours(fc);
    if (context.json()) {
        context.io.out << json::serialize(answer) << '\n';
        return 0;
    }
    std::vector<std::vector<std::string>> rows{
        {"FUNCTION", "INVOCATIONS", "ERRORS", "BILLED", "GB·s", "COLD"}};
    for (const auto& f : *functions)
        rows.push_back(bill_row(text(f, "service") + "/" + text(f, "function"), f));
    if (const auto* totals = answer.as_object().if_contains("totals");
        totals && functions->size() > 1) {
        rows.push_back(bill_row("total", *totals));
    }
    context.io.out << table(rows);
    return 0;
}

}  // namespace

void add_logs(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("logs", "Prints what a function logged last");
    const auto function = std::make_shared<std::string>();
    const auto lines = std::make_shared<int>(100);
    verb->add_option("FUNCTION", *function, "FUNCTION or SERVICE/FUNCTION")->required();
    verb->add_option("-n,--lines", *lines, "How many of the newest lines")
        ->check(CLI::Range(1, 100'000));
    verb->footer("Example:\n  mayfly logs shop/thumbs -n 20");
    verb->callback([&context, &chosen, function, lines] {
        chosen = [&context, function, lines] { return logs(context, *function, *lines); };
    });
}

void add_bill(CLI::App& app, Context& context, Action& chosen) {
    auto* verb =
        app.add_subcommand("bill", "Shows what each function used: calls, billed time, GB-seconds");
    verb->footer("Example:\n  mayfly bill");
    verb->callback([&context, &chosen] { chosen = [&context] { return bill(context); }; });
}

}  // namespace mayfly::cli
