#include "cli/fc_client.hpp"
#include "cli/prices.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
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

Usage usage_of(const json::value& row) {
    return {.calls = number(row, "invocations"),
            .billed_s = number(row, "billedMs") / 1000,
            .billed_gb_s = number(row, "gbSeconds"),
            .run_s = number(row, "runMs") / 1000,
            .run_gb_s = number(row, "runGbSeconds")};
}

// The answer with a "costs" member in each row, and the books.
void add_costs(json::object& answer, const std::vector<PriceBook>& books,
               const UsagePeriod& period) {
    const auto add = [&](json::value& row) {
        json::object costs;
        for (const auto& book : books) costs[book.name] = cost(book, usage_of(row), period);
        row.as_object()["costs"] = std::move(costs);
    };
    for (auto& row : answer["functions"].as_array()) add(row);
    add(answer["totals"]);
    json::array about;
    for (const auto& book : books)
        about.push_back(json::object{{"name", book.name},
                                     {"currency", book.currency},
                                     {"about", book.about},
                                     {"source", book.source}});
    answer["priceBooks"] = std::move(about);
}

Result<int> bill(Context& context, const std::vector<std::string>& as) {
    std::vector<PriceBook> books;
    for (const auto& name : as) {
        TRY(auto book, find_price_book(name));
        books.push_back(std::move(book));
    }
    TRY(const auto fc, FcClient::open(context));
    FcClient::Query query;  // only machines that are always on cost by the hour
    if (std::ranges::any_of(books, [](const auto& book) { return book.box_per_hour > 0; }))
        query.emplace_back("period", "true");
    TRY(auto answer, fc.call("GET", "/mayfly/v1/bill", query));
    const auto* functions = array_in(answer, "functions");
    const auto* totals = answer.is_object() ? answer.as_object().if_contains("totals") : nullptr;
    if (!functions || !totals || !totals->is_object()) return not_ours(fc);
    UsagePeriod period{.billed_gb_s = number(*totals, "gbSeconds")};
    if (const auto* p = answer.as_object().if_contains("period")) {
        period.hours = number(*p, "hours");
        period.busiest_gb_s = number(*p, "busiestGbSeconds");
    }
    if (context.json()) {
        if (!books.empty()) add_costs(answer.as_object(), books, period);
        context.io.out << json::serialize(answer) << '\n';
        return 0;
    }
    std::vector<std::vector<std::string>> rows{
        {"FUNCTION", "INVOCATIONS", "ERRORS", "BILLED", "GB·s", "COLD"}};
    const auto add = [&](const std::string& name, const json::value& row) {
        rows.push_back(bill_row(name, row));
        for (const auto& book : books)
            rows.back().push_back(
                fmt::format("{:.6f} {}", cost(book, usage_of(row), period), book.currency));
    };
    for (const auto& book : books) rows.front().push_back(book.name);
    for (const auto& f : *functions) add(text(f, "service") + "/" + text(f, "function"), f);
    if (functions->size() > 1) add("total", *totals);
    context.io.out << table(rows);
    for (const auto& book : books)
        context.io.err << fmt::format("{}: {}; nothing free taken off; prices: {}\n", book.name,
                                      book.about, book.source);
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
    const auto as = std::make_shared<std::vector<std::string>>();
    verb->add_option("--as", *as,
                     "What it would cost by a price book: fc2018, fc, lambda, box, or a file; may "
                     "be given several times")
        ->allow_extra_args(false);
    verb->footer("Example:\n  mayfly bill --as fc --as lambda --as box");
    verb->callback(
        [&context, &chosen, as] { chosen = [&context, as] { return bill(context, *as); }; });
}

}  // namespace mayfly::cli
