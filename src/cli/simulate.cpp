// `mayfly simulate`: what a policy would have made of recorded or made-up traffic.
#include "base/files.hpp"
#include "cli/simulation.hpp"
#include "cli/verbs.hpp"

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include <memory>
#include <ostream>
#include <sstream>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

struct Wish {
    std::string file;
    bool make = false;
    int functions = 100, hours = 24;
    double calls = 100'000;
    std::uint64_t seed = 1;
    int workers = 1000, workers_each = 300, memory_gb = 64, concurrency = 1;
    double keep = -1, start_ms = 5;
};

constexpr double kMicros = 1e6;

Result<Traffic> traffic_of(Context& context, const Wish& wish) {
    if (wish.file == "-") return read_traffic(context.io.in);
    TRY(auto text, read_file(wish.file));
    std::istringstream in(std::move(text));
    return read_traffic(in);
}

Result<int> make(Context& context, const Wish& wish) {
    SeededRng rng(wish.seed);
    const auto traffic = make_traffic({.functions = wish.functions,
                                       .length = std::chrono::hours{wish.hours},
                                       .calls = wish.calls},
                                      rng);
    write_traffic(context.io.out, traffic);
    context.io.out.flush();
    return 0;
}

Result<int> replay(Context& context, const Wish& wish) {
    if (wish.file.empty())
        return fail(Kind::invalid, "name a file of traffic, or make some with --make", "Usage");
    TRY(const auto traffic, traffic_of(context, wish));
    SimulationPolicy policy{.scheduler = {.workers_max = wish.workers,
                                          .memory_mb_max = std::int64_t{wish.memory_gb} << 10},
                            .workers_max_per_function = wish.workers_each,
                            .concurrency = wish.concurrency,
                            .start = Micros(static_cast<std::int64_t>(wish.start_ms * 1000))};
    if (wish.keep >= 0) {
        const Micros keep(static_cast<std::int64_t>(wish.keep * kMicros));
        policy.scheduler.idle_keep = {.least = keep, .usual = keep, .most = keep};
    }
    const auto result = simulate(traffic, policy);
    if (context.json()) context.io.out << json::serialize(to_json(result)) << '\n';
    else context.io.out << to_text(result);
    return 0;
}

}  // namespace

void add_simulate(CLI::App& app, Context& context, Action& chosen) {
    auto* verb = app.add_subcommand(
        "simulate", "Replays traffic on the scheduler: cold starts, waiting, instances, bill");
    const auto wish = std::make_shared<Wish>();
    auto* file = verb->add_option("TRACE", wish->file,
                                  "A file of lines SECONDS,FUNCTION,MILLISECONDS,MB, or - for "
                                  "standard input");
    verb->add_flag("--make", wish->make,
                   "Write made-up traffic to standard output instead: busy days, bursts, a long "
                   "tail")
        ->excludes(file);
    verb->add_option("--functions", wish->functions, "Of made-up traffic: how many")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    verb->add_option("--hours", wish->hours, "How long it is")
        ->check(CLI::Range(1, 24 * 31))
        ->capture_default_str();
    verb->add_option("--calls", wish->calls, "About how many calls it has")
        ->check(CLI::Range(1.0, static_cast<double>(kTrafficMax) / 2))
        ->capture_default_str();
    verb->add_option("--seed", wish->seed, "The same seed makes the same traffic")
        ->capture_default_str();
    verb->add_option("--workers", wish->workers, "Of the policy: workers alive at once")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    verb->add_option("--workers-each", wish->workers_each, "And of one function")
        ->check(CLI::Range(1, 100'000))
        ->capture_default_str();
    verb->add_option("--memory", wish->memory_gb, "GB that are given to them in sum")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    verb->add_option("--concurrency", wish->concurrency, "Calls a worker takes at once")
        ->check(CLI::Range(1, 200))
        ->capture_default_str();
    verb->add_option("--keep", wish->keep,
                     "Seconds that a worker is kept without a call (default: as long as its "
                     "function's pauses make it worth)")
        ->check(CLI::Range(0.0, 86'400.0));
    verb->add_option("--start", wish->start_ms, "Milliseconds until a new worker takes calls")
        ->check(CLI::Range(0.0, 600'000.0))
        ->capture_default_str();
    verb->footer(
        "Example:\n  mayfly simulate --make --functions 500 > day.csv\n"
        "  mayfly simulate day.csv\n  mayfly simulate day.csv --keep 600");
    verb->callback([&context, &chosen, wish] {
        chosen = [&context, wish] {
            return wish->make ? make(context, *wish) : replay(context, *wish);
        };
    });
}

}  // namespace mayfly::cli
