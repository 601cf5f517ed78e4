// `mayfly timer`: when timers fire next, now, and for the time the server was down.
#include "cli/fc_client.hpp"
#include "cli/moments.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"
#include "cron/schedule.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

struct Wish {
    std::string function, trigger, cron, since, until;
    int count = 5;
};

// Without a server: what an expression means.
Result<int> next_of_expression(Context& context, const Wish& wish) {
    TRY(const auto schedule, cron::Schedule::parse(wish.cron));
    const auto now = context.clock.wall();
    json::array moments;
    auto at = now;
    for (int i = 0; i < wish.count; ++i) {
        const auto next = schedule.next(at, now);
        if (!next) break;
        moments.push_back(json::value(iso8601(at = *next)));
    }
    if (context.json()) {
        context.io.out << json::serialize(json::object{{"next", std::move(moments)}}) << '\n';
        return 0;
    }
    for (const auto& moment : moments)
        context.io.out << std::string_view(moment.as_string()) << '\n';
    return 0;
}

Result<int> next(Context& context, const Wish& wish) {
    if (!wish.cron.empty()) return next_of_expression(context, wish);
    if (wish.function.empty())
        return fail(Kind::invalid, "say which: FUNCTION, or an expression with --cron");
    TRY(const auto name, parse_function_name(wish.function));
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", "/mayfly/v1/timers",
                                   {{"service", name.service},
                                    {"function", name.function},
                                    {"count", std::to_string(wish.count)}}));
    if (context.json()) {
        context.io.out << json::serialize(answer) << '\n';
        return 0;
    }
    for (const auto& value : answer.at("timers").as_array()) {
        const auto& timer = value.as_object();
        context.io.out << fmt::format("{}  {}{}\n",
                                      std::string_view(timer.at("trigger").as_string()),
                                      std::string_view(timer.at("cronExpression").as_string()),
                                      timer.at("enable").as_bool() ? "" : "  disabled");
        for (const auto& moment : timer.at("next").as_array())
            context.io.out << "  " << std::string_view(moment.as_string()) << '\n';
        const auto& missed = timer.at("missed").as_object();
        if (const auto count = missed.at("count").to_number<std::int64_t>(); count > 0)
            context.io.out << fmt::format(
                "  missed {} while the server was down, from {} to {}; mayfly timer backfill\n",
                count, std::string_view(missed.at("first").as_string()),
                std::string_view(missed.at("last").as_string()));
    }
    if (answer.at("timers").as_array().empty())
        context.io.err << wish.function << " has no timer\n";
    return 0;
}

Result<json::object> timer_of(const Wish& wish) {
    TRY(const auto name, parse_function_name(wish.function));
    return json::object{
        {"service", name.service}, {"function", name.function}, {"trigger", wish.trigger}};
}

Result<int> run(Context& context, const Wish& wish) {
    TRY(const auto timer, timer_of(wish));
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("POST", "/mayfly/v1/timers/run", {}, timer));
    if (context.json()) context.io.out << json::serialize(answer) << '\n';
    else context.io.out << "event " << std::string_view(answer.at("id").as_string()) << '\n';
    return 0;
}

Result<int> backfill(Context& context, const Wish& wish) {
    TRY(auto timer, timer_of(wish));
    const auto now = context.clock.wall();
    const auto millis = [](WallTime t) {
        return std::chrono::duration_cast<Millis>(t.time_since_epoch()).count();
    };
    TRY(const auto since, parse_moment(wish.since, now));
    timer["after"] = millis(since);
    if (!wish.until.empty()) {
        TRY(const auto until, parse_moment(wish.until, now));
        timer["until"] = millis(until);
    }
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("POST", "/mayfly/v1/timers/backfill", {}, timer));
    if (context.json()) context.io.out << json::serialize(answer) << '\n';
    else
        context.io.out << fmt::format("fired {}, had fired before {}\n",
                                      json::serialize(answer.at("made")),
                                      json::serialize(answer.at("there")));
    return 0;
}

}  // namespace

void add_timer(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("timer", "Shows when timers fire, and fires them");
    verb->require_subcommand(1);
    verb->footer("Example:\n  mayfly timer next shop/report");
    const auto wish = std::make_shared<Wish>();
    const auto add = [&](const char* name, const char* about, auto what, const char* example) {
        auto* part = verb->add_subcommand(name, about);
        part->footer(std::string("Example:\n  ") + example);
        part->callback([&context, &chosen, wish, what] {
            chosen = [&context, wish, what] { return what(context, *wish); };
        });
        return part;
    };
    auto* soon = add("next", "Shows when they fire next, and what was missed", &next,
                     "mayfly timer next --cron 'CRON_TZ=Asia/Shanghai 0 0 4 * * *'");
    soon->add_option("FUNCTION", wish->function, "FUNCTION or SERVICE/FUNCTION");
    soon->add_option("--cron", wish->cron, "What this expression means; needs no server");
    soon->add_option("--count", wish->count, "How many moments")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    auto* now = add("run", "Fires one now", &run, "mayfly timer run shop/report nightly");
    auto* fill = add("backfill", "Fires one for each moment of a time that it did not fire at",
                     &backfill, "mayfly timer backfill shop/report nightly --since 2d");
    for (auto* part : {now, fill}) {
        part->add_option("FUNCTION", wish->function, "FUNCTION or SERVICE/FUNCTION")->required();
        part->add_option("TRIGGER", wish->trigger, "Its timer")->required();
    }
    fill->add_option("--since", wish->since, "From then on: 2h, 1d, or a time in UTC")->required();
    fill->add_option("--until", wish->until, "Until then; now if not given");
}

}  // namespace mayfly::cli
