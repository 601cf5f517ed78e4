// `mayfly bench`: how fast functions answer at a rate that does not wait for them.
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/bench_load.hpp"
#include "cli/fc_client.hpp"
#include "cli/say.hpp"
#include "cli/verbs.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

constexpr std::size_t kFunctionsMax = 10'000;

struct Wish {
    std::vector<std::string> functions;
    std::string data, file;
    double rate = 20;
    std::string burst, every, length;
    int connections = 1000;
};

// Where the calls of one function go.
struct Way {
    std::string method, path;
};

std::string member(const json::value& object, std::string_view key) {
    const auto* v = object.is_object() ? object.as_object().if_contains(key) : nullptr;
    return v && v->is_string() ? std::string(v->as_string()) : std::string();
}

// A function with an http trigger is called over HTTP, any other through the API.
Result<Way> way_to(const FcClient& fc, const std::string& text, bool has_body) {
    TRY(const auto name, parse_function_name(text));
    TRY(const auto triggers, fc.list(function_path(name) + "/triggers", "triggers"));
    for (const auto& trigger : triggers) {
        if (member(trigger, "triggerType") != "http") continue;
        Way way{has_body ? "POST" : "GET", "/2016-08-15/proxy/" + percent_encode(name.service) +
                                               "/" + percent_encode(name.function) + "/"};
        const auto* config = trigger.as_object().if_contains("triggerConfig");
        const auto* methods =
            config && config->is_object() ? config->as_object().if_contains("methods") : nullptr;
        if (!methods || !methods->is_array()) return way;
        const auto& all = methods->as_array();
        if (!all.empty() && std::ranges::find(all, json::value(way.method)) == all.end())
            way.method = all.front().is_string() ? std::string(all.front().as_string()) : "GET";
        return way;
    }
    return Way{"POST", function_path(name) + "/invocations"};
}

Result<Profile> profile_of(const Wish& wish) {
    std::optional<Burst> burst;
    std::optional<Micros> every, length;
    if (!wish.burst.empty()) {
        TRY(burst, parse_burst(wish.burst));
    }
    if (!wish.every.empty()) {
        TRY(every, parse_span(wish.every));
    }
    if (!wish.length.empty()) {
        TRY(length, parse_span(wish.length));
    }
    return Profile::of(wish.rate, burst, every, length);
}

Judged judge(const Result<io::HttpResponse>& r) {
    if (!r && r.error().kind == Kind::timed_out) return {Ended::timed_out, false, r.error().what};
    if (!r) return {Ended::lost, false, r.error().what};
    const auto start = r->header("x-mayfly-start");
    const bool cold = !start.empty() && start != "warm";
    const auto error = r->header("x-fc-error-type");
    if (r->status < 400 && error.empty()) return {Ended::ok, cold};
    if (r->status == 429) return {Ended::throttled, cold, error_of(*r).what};
    if (!error.empty() && error != "FCCommonError") {
        const bool late = r->body.find("Function timed out after") != std::string::npos;
        return {late ? Ended::timed_out : Ended::failed, cold, r->body.substr(0, 500)};
    }
    const bool by_function = !start.empty();
    return {by_function ? Ended::failed : Ended::refused, cold, error_of(*r).what};
}

// Since the ledger began, of the functions asked for.
Result<Billed> billed(const FcClient& fc, const std::vector<std::string>& functions) {
    TRY(const auto bill, fc.call("GET", "/mayfly/v1/bill"));
    std::set<std::pair<std::string, std::string>> wanted;
    for (const auto& text : functions) {
        TRY(const auto name, parse_function_name(text));
        wanted.emplace(name.service.substr(0, name.service.find('.')), name.function);
    }
    Billed sum;
    const auto* rows = bill.is_object() ? bill.as_object().if_contains("functions") : nullptr;
    if (!rows || !rows->is_array()) return sum;
    for (const auto& row : rows->as_array()) {
        if (!wanted.contains({member(row, "service"), member(row, "function")})) continue;
        const auto& o = row.as_object();
        sum.calls += o.at("invocations").to_number<std::int64_t>();
        sum.cold += o.at("cold").to_number<std::int64_t>();
        sum.billed_ms += o.at("billedMs").to_number<std::int64_t>();
        sum.gb_seconds += o.at("gbSeconds").to_number<double>();
    }
    return sum;
}

int exit_of(const Tally& tally) {
    constexpr std::pair<Ended, int> codes[] = {{Ended::lost, 9},   {Ended::refused, 1},
                                               {Ended::failed, 7}, {Ended::timed_out, 8},
                                               {Ended::unsent, 6}, {Ended::throttled, 6}};
    for (const auto& [how, code] : codes)
        if (tally.count(how) > 0) return code;
    return 0;
}

void say_first_errors(std::ostream& err, const Tally& tally) {
    for (std::size_t i = 1; i < kEndings; ++i) {
        const auto how = static_cast<Ended>(i);
        if (tally.count(how) > 0) err << "first " << to_text(how) << ": " << tally.why(how) << '\n';
    }
}

// Drawn over itself, again and again; the last drawing is wiped away.
class Screen {
public:
    explicit Screen(std::ostream& out) : out_(out) {}
    void show(const std::string& text) {
        wipe();
        out_ << text << std::flush;
        lines_ = std::ranges::count(text, '\n');
    }
    void wipe() {
        if (lines_ > 0) out_ << "\x1b[" << lines_ << "A\x1b[J" << std::flush;
        lines_ = 0;
    }

private:
    std::ostream& out_;
    std::ptrdiff_t lines_ = 0;
};

Result<int> bench(Context& context, const Wish& wish) {
    TRY(const auto profile, profile_of(wish));
    if (wish.functions.size() > kFunctionsMax)
        return fail(Kind::invalid, fmt::format("at most {} functions", kFunctionsMax));
    auto event = wish.data;
    if (!wish.file.empty()) {
        TRY(event, read_file(wish.file));
    }
    TRY(const auto fc, FcClient::open(context));
    std::vector<Way> ways;
    for (const auto& function : wish.functions) {
        TRY(auto way, way_to(fc, function, !event.empty()));
        ways.push_back(std::move(way));
    }
    TRY(const auto before, billed(fc, wish.functions));
    Tally tally;
    Screen screen(context.io.err);
    const bool draws = context.io.err_is_terminal && context.get("TERM") != "dumb";
    std::size_t turn = 0;
    const auto next_request = [&] {
        const auto& way = ways[turn++ % ways.size()];
        return fc.signed_request(way.method, way.path, {}, way.method == "GET" ? "" : event,
                                 {{"Content-Type", "application/octet-stream"}});
    };
    const bool interrupted =
        drive({.peer = fc.http(),
               .profile = profile,
               .options = {.connections_max = wish.connections},
               .next_request = next_request,
               .judge = judge,
               .look =
                   [&](const Tally& so_far) {
                       if (draws)
                           screen.show(draw(so_far, profile, 50) +
                                       fmt::format("sent {} of {} · ok {}\n", so_far.sent(),
                                                   profile.calls(), so_far.count(Ended::ok)));
                   }},
              tally);
    screen.wipe();
    std::optional<Billed> used;
    if (const auto after = billed(fc, wish.functions))
        used = {.calls = after->calls - before.calls,
                .cold = after->cold - before.cold,
                .billed_ms = after->billed_ms - before.billed_ms,
                .gb_seconds = after->gb_seconds - before.gb_seconds};
    if (context.json())
        context.io.out << json::serialize(report_json(tally, profile, used)) << '\n';
    else context.io.out << report_text(tally, profile, used);
    context.io.out.flush();
    say_first_errors(context.io.err, tally);
    return interrupted ? 130 : exit_of(tally);
}

}  // namespace

void add_bench(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand(
        "bench", "Calls functions at a rate and shows how fast they answer, and what it took");
    const auto wish = std::make_shared<Wish>();
    verb->add_option("FUNCTION", wish->functions,
                     "FUNCTION or SERVICE/FUNCTION; several take turns. One with an http trigger "
                     "is called over HTTP")
        ->required();
    verb->add_option("--rate", wish->rate, "Calls a second, above 0 (default 20)");
    verb->add_option("--burst", wish->burst,
                     "200x10s: so many a second for so long; 20:200:10s: with the rate around it");
    verb->add_option("--every", wish->every, "How often the burst comes; once if it is not given");
    verb->add_option("--for", wish->length, "How long (default 10s; 3 bursts; or twice --every)");
    auto* data = verb->add_option("-d,--data-text", wish->data, "The event, as text");
    verb->add_option("-f,--file", wish->file, "The event, from a file")->excludes(data);
    verb->add_option("--connections", wish->connections,
                     "At most so many at once (default 1000); a call that finds none free waits, "
                     "and its time counts")
        ->check(CLI::Range(1, 20'000));
    verb->footer(
        "The loop is open: a call is sent when it is due, whatever became of those before it, and "
        "its time counts from then.\n"
        "Exit codes: 0 all calls went well, else the first that fits: 9 lost, 1 refused, 7 failed, "
        "8 timed out, 6 throttled or unsent; 130 interrupted.\n\n"
        "Example:\n  mayfly bench shop/api --burst 20:200:10s --every 30s --for 60s");
    verb->callback(
        [&context, &chosen, wish] { chosen = [&context, wish] { return bench(context, *wish); }; });
}

}  // namespace mayfly::cli
