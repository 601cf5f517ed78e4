// `mayfly events` and `mayfly dead`: what happened, again, and what was given up.
#include "base/text.hpp"
#include "cli/fc_client.hpp"
#include "cli/moments.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <memory>
#include <ostream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

constexpr const char* kApi = "/mayfly/v1/";

struct Wish {
    std::string function, id, status, trigger, since, until, signature, payload, qualifier, type;
    std::string source = "mayfly.cli";
    bool payload_given = false, failed = false, all = false;
    int limit = 0, rate = 0;
};

std::string text(const json::value& of, std::string_view key) {
    const auto* v = of.as_object().if_contains(key);
    if (!v || v->is_null()) return "";
    return v->is_string() ? std::string(v->get_string()) : json::serialize(*v);
}

std::string target(const json::value& of) {
    const auto url = text(of, "url");
    return url.empty() ? text(of, "service") + "/" + text(of, "function") : url;
}

// "SERVICE/FUNCTION" or "FUNCTION" as parameters.
Result<json::object> filter_of(Context& context, const Wish& wish) {
    json::object filter;
    if (!wish.function.empty()) {
        TRY(const auto name, parse_function_name(wish.function));
        filter["service"] = name.service;
        filter["function"] = name.function;
    }
    const auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) filter[name] = value;
    };
    add("status", wish.failed ? "dead" : wish.status);
    add("trigger", wish.trigger);
    add("signature", wish.signature);
    for (const auto& [name, value] :
         {std::pair{"since", wish.since}, std::pair{"until", wish.until}}) {
        if (value.empty()) continue;
        TRY(const auto moment, parse_moment(value, context.clock.wall()));
        filter[name] = std::chrono::duration_cast<Millis>(moment.time_since_epoch()).count();
    }
    if (wish.limit > 0) filter["limit"] = wish.limit;
    return filter;
}

FcClient::Query query_of(const json::object& filter) {
    FcClient::Query query;
    for (const auto& [name, value] : filter)
        query.emplace_back(
            name, value.is_string() ? std::string(value.get_string()) : json::serialize(value));
    return query;
}

int say_json(Context& context, const json::value& answer) {
    context.io.out << json::serialize(answer) << '\n';
    return 0;
}

Result<int> list(Context& context, const Wish& wish) {
    TRY(const auto filter, filter_of(context, wish));
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", std::string(kApi) + "events", query_of(filter)));
    if (context.json()) return say_json(context, answer);
    std::vector<std::vector<std::string>> rows{
        {"EVENT", "TARGET", "TRIGGER", "STATUS", "ATTEMPTS", "ACCEPTED", "WHY"}};
    for (const auto& event : answer.at("events").as_array()) {
        const auto name = text(event, "name");
        rows.push_back(
            {text(event, "id"), target(event),
             text(event, "trigger") + (name.empty() ? "" : " " + name), text(event, "status"),
             text(event, "attempts"), text(event, "accepted"),
             text(event, "cause") +
                 (text(event, "signature").empty() ? "" : ": " + text(event, "signature"))});
    }
    if (rows.size() == 1) context.io.err << "no such events are kept\n";
    else context.io.out << table(rows);
    return 0;
}

Result<int> show(Context& context, const Wish& wish) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto event, fc.call("GET", kApi + ("events/" + percent_encode(wish.id))));
    if (context.json()) return say_json(context, event);
    auto& out = context.io.out;
    out << fmt::format("{}  {}  {}  {}{}\n", text(event, "id"), target(event),
                       text(event, "trigger"), text(event, "status"),
                       text(event, "cause").empty() ? "" : ": " + text(event, "cause"));
    for (const auto* name : {"accepted", "due", "ended", "parent", "depth"})
        if (const auto value = text(event, name); !value.empty())
            out << fmt::format("  {:<9} {}\n", name, value);
    for (const auto& line : event.at("story").as_array())
        out << fmt::format("  {:<9} {}  {} ms  {}{}\n", text(line, "outcome"), text(line, "at"),
                           text(line, "ms"), text(line, "what"),
                           text(line, "next").empty() ? "" : "  again " + text(line, "next"));
    for (const auto* name : {"payload", "payloadBase64", "result", "resultBase64"})
        if (const auto value = text(event, name); !value.empty())
            out << fmt::format("  {:<9} {}\n", name, value);
    return 0;
}

Result<int> replay(Context& context, const Wish& wish) {
    TRY(const auto fc, FcClient::open(context));
    if (wish.id.empty()) {
        TRY(const auto filter, filter_of(context, wish));
        TRY(const auto answer, fc.call("POST", std::string(kApi) + "events/replay", {}, filter));
        if (context.json()) return say_json(context, answer);
        context.io.out << "replayed " << text(answer, "replayed") << '\n';
        return 0;
    }
    json::object changes;
    if (wish.payload_given) changes["payload"] = wish.payload;
    if (!wish.qualifier.empty()) changes["qualifier"] = wish.qualifier;
    if (!wish.function.empty()) {
        TRY(const auto name, parse_function_name(wish.function));
        changes["service"] = name.service;
        changes["function"] = name.function;
    }
    TRY(const auto answer,
        fc.call("POST", kApi + ("events/" + percent_encode(wish.id) + "/replay"), {}, changes));
    if (context.json()) return say_json(context, answer);
    context.io.out << "event " << text(answer, "id") << '\n';
    return 0;
}

Result<int> stop(Context& context, const Wish& wish) {
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("POST", kApi + ("events/" + percent_encode(wish.id) + "/stop")));
    if (context.json()) return say_json(context, answer);
    context.io.out << text(answer, "status") << '\n';
    return 0;
}

Result<int> dead_list(Context& context, const Wish& wish) {
    TRY(const auto filter, filter_of(context, wish));
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("GET", std::string(kApi) + "dead", query_of(filter)));
    if (context.json()) return say_json(context, answer);
    std::vector<std::vector<std::string>> rows{
        {"COUNT", "FUNCTION", "CAUSE", "ERROR", "NEWEST", "EVENT"}};
    for (const auto& group : answer.at("groups").as_array())
        rows.push_back({text(group, "count"),
                        text(group, "lane").empty() ? target(group) : text(group, "lane"),
                        text(group, "cause"), text(group, "signature"), text(group, "newest"),
                        text(group, "newestId")});
    if (rows.size() == 1) context.io.err << "nothing is dead\n";
    else context.io.out << table(rows);
    return 0;
}

Result<int> dead_change(Context& context, const Wish& wish, const char* what, const char* count) {
    if (wish.function.empty() && wish.id.empty() && wish.signature.empty() && !wish.all)
        return fail(Kind::invalid, "say which: FUNCTION, --id, --error, or --all for all of them");
    TRY(auto filter, filter_of(context, wish));
    if (!wish.id.empty()) filter["id"] = wish.id;
    if (wish.rate > 0) filter["rate"] = wish.rate;
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("POST", std::string(kApi) + "dead/" + what, {}, filter));
    if (context.json()) return say_json(context, answer);
    context.io.out << count << ' ' << text(answer, count) << '\n';
    return 0;
}

// Binary mode would do for any bytes; structured mode shows what is sent.
Result<int> publish(Context& context, const Wish& wish) {
    json::object event{{"specversion", "1.0"}, {"source", wish.source}, {"type", wish.type}};
    const auto now = context.clock.wall();
    event["id"] = wish.id.empty() ? fmt::format("cli-{}", now.time_since_epoch().count()) : wish.id;
    event["time"] = iso8601_millis(now);
    boost::system::error_code error;
    auto data = json::parse(wish.payload, error);
    if (wish.payload_given) event["data"] = error ? json::value(wish.payload) : std::move(data);
    TRY(const auto fc, FcClient::open(context));
    TRY(const auto answer, fc.call("POST", std::string(kApi) + "publish", {}, event));
    if (context.json()) return say_json(context, answer);
    const auto& done = answer.at("events").at(0);
    for (const auto& id : done.at("ids").as_array())
        context.io.out << "event " << std::string_view(id.as_string()) << '\n';
    if (done.at("ids").as_array().empty() && text(done, "there") == "0")
        context.io.err << "no rule took it\n";
    for (const auto& miss : done.at("missed").as_array())
        context.io.err << fmt::format("  not {}/{} ({}): {}\n", text(miss, "service"),
                                      text(miss, "function"), text(miss, "trigger"),
                                      text(miss, "why"));
    return 0;
}

using Do = Result<int> (*)(Context&, const Wish&);

CLI::App* add(CLI::App& verb, Context& context, Action& chosen, const char* name, const char* about,
              const std::shared_ptr<Wish>& wish, Do what, const char* example) {
    auto* part = verb.add_subcommand(name, about);
    part->footer(std::string("Example:\n  ") + example);
    part->callback([&context, &chosen, wish, what] {
        chosen = [&context, wish, what] { return what(context, *wish); };
    });
    return part;
}

void add_filter(CLI::App& part, const std::shared_ptr<Wish>& wish) {
    part.add_option("--trigger", wish->trigger, "Only of this kind: api, timer, oss, …");
    part.add_option("--status", wish->status, "Only: waiting, running, done, dead, stopped");
    part.add_flag("--failed", wish->failed, "The same as --status dead");
    part.add_option("--since", wish->since, "Accepted since: 30m, 2h, 1d, or a time in UTC");
    part.add_option("--until", wish->until, "Accepted before that");
    part.add_option("-n,--limit", wish->limit, "How many at most")->check(CLI::Range(1, 1000));
}

}  // namespace

void add_events(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand("events", "Shows what called functions, and calls them again");
    verb->alias("event");  // as one says it of one
    verb->require_subcommand(1);
    verb->footer("Example:\n  mayfly events ls --failed --since 1h");
    const auto wish = std::make_shared<Wish>();
    auto* ls = add(*verb, context, chosen, "ls", "Lists events, the newest first", wish, &list,
                   "mayfly events ls shop/thumbs --since 1h");
    ls->add_option("FUNCTION", wish->function, "Of this one only");
    add_filter(*ls, wish);
    auto* one = add(*verb, context, chosen, "show", "Shows one, its attempts and its payload", wish,
                    &show, "mayfly events show 1-658af93f-a6c876063a36f1d872097e6a");
    one->add_option("EVENT", wish->id, "Its id")->required();
    auto* again = add(*verb, context, chosen, "replay",
                      "Puts one again, changed if wanted; or all that a filter finds", wish,
                      &replay, "mayfly events replay --function shop/thumbs --failed --since 1h");
    again->add_option("EVENT", wish->id, "Its id; without it the filter counts");
    again->add_option("--function", wish->function,
                      "Of this one only; with EVENT: to this one instead");
    again->add_option("--payload", wish->payload, "With EVENT: this instead of its payload")
        ->each([wish](const std::string&) { wish->payload_given = true; });
    again->add_option("--qualifier", wish->qualifier, "With EVENT: this version or alias instead");
    add_filter(*again, wish);
    auto* send =
        add(*verb, context, chosen, "publish", "Publishes one of your own to the event bus", wish,
            &publish, "mayfly event publish user.registered -d '{\"name\": \"Ada\"}'");
    send->add_option("TYPE", wish->type, "What happened, such as user.registered")->required();
    send->add_option("--source", wish->source, "Where it happened")->capture_default_str();
    send->add_option("--id", wish->id, "The same source and id are taken once");
    send->add_option("-d,--data-text", wish->payload, "About it, JSON or text")
        ->each([wish](const std::string&) { wish->payload_given = true; });
    auto* end = add(*verb, context, chosen, "stop", "Stops one that waits or runs", wish, &stop,
                    "mayfly events stop 1-658af93f-a6c876063a36f1d872097e6a");
    end->add_option("EVENT", wish->id, "Its id")->required();
}

void add_dead(CLI::App& app, Context& context, Action& chosen) {
    auto* verb =
        app.add_subcommand("dead", "Shows events that were given up, and drives them again");
    verb->require_subcommand(1);
    verb->footer("Example:\n  mayfly dead ls");
    const auto wish = std::make_shared<Wish>();
    auto* ls = add(*verb, context, chosen, "ls", "Lists them, alike ones together", wish,
                   &dead_list, "mayfly dead ls");
    ls->add_option("FUNCTION", wish->function, "Of this one only");
    const auto which = [&](CLI::App* part) {
        part->add_option("FUNCTION", wish->function, "Those of this one");
        part->add_option("--error", wish->signature,
                         "Those with this error, as `dead ls` shows it");
        part->add_option("--id", wish->id, "This one");
        part->add_flag("--all", wish->all, "All of them");
        part->add_option("-n,--limit", wish->limit, "How many at most, the oldest first")
            ->check(CLI::Range(1, 10'000'000));
        return part;
    };
    which(add(
              *verb, context, chosen, "redrive", "Puts them back into their queues", wish,
              [](Context& c, const Wish& w) { return dead_change(c, w, "redrive", "redriven"); },
              "mayfly dead redrive shop/thumbs --rate 50"))
        ->add_option("--rate", wish->rate, "How many a second; all at once if not given")
        ->check(CLI::Range(1, 1'000'000));
    which(add(
        *verb, context, chosen, "drop", "Forgets them", wish,
        [](Context& c, const Wish& w) { return dead_change(c, w, "drop", "dropped"); },
        "mayfly dead drop --error 'KeyError: #'"));
}

}  // namespace mayfly::cli
