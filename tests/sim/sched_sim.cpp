// sched_sim SEED         replays one world and says what happens in it
// sched_sim --seeds N    runs worlds 1..N, each twice: the same seed must give the same orders
// sched_sim --speed      orders a second of the scheduler alone
#include "base/clock.hpp"
#include "base/text.hpp"
#include "sched_speed.hpp"
#include "sched_world.hpp"

#include <fmt/format.h>

#include <string_view>

namespace mayfly::sim {
namespace {

int replay(std::uint64_t seed) {
    const auto told = run_world(seed, true);
    fmt::print(
        "seed {}: {} orders, {} answered, {} refused, {:.2f} virtual hours, digest {:016x}\n", seed,
        told.orders, told.answered, told.refused, told.virtual_hours, told.digest);
    return 0;
}

int run_worlds(std::uint64_t seeds) {
    const SystemClock clock;
    const auto start = clock.now();
    Told sum;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
        fmt::print(stderr, "\rseed {} ", seed);  // seen even if the scheduler itself aborts
        const auto told = run_world(seed, false);
        if (told.digest != run_world(seed, false).digest) {
            fmt::print(stderr, "\nseed {} broke: the same seed gives the same orders\n", seed);
            return 1;
        }
        sum.orders += told.orders;
        sum.answered += told.answered;
        sum.refused += told.refused;
        sum.virtual_hours += told.virtual_hours;
    }
    const std::chrono::duration<double> took = clock.now() - start;
    fmt::print(
        "\n{} worlds, {} orders, {} answered, {} refused, {:.0f} virtual hours in {:.2f} s\n",
        seeds, sum.orders, sum.answered, sum.refused, sum.virtual_hours, took.count());
    return 0;
}

}  // namespace
}  // namespace mayfly::sim

int main(int argc, char** argv) {
    using namespace mayfly;
    const std::string_view verb = argc > 1 ? argv[1] : "";
    if (verb == "--speed") return sim::measure_speed(), 0;
    if (verb == "--seeds" && argc == 3) {
        if (const auto n = parse_int(argv[2]); n && *n > 0)
            return sim::run_worlds(static_cast<std::uint64_t>(*n));
    }
    if (const auto seed = parse_int(verb)) return sim::replay(static_cast<std::uint64_t>(*seed));
    fmt::print(stderr, "sched_sim SEED | --seeds N | --speed\n");
    return 2;
}
