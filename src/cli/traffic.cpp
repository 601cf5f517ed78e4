#include "cli/traffic.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <istream>
#include <numbers>
#include <ostream>
#include <unordered_map>

namespace mayfly::cli {
namespace {

constexpr double kDay = 86'400;                         // seconds
constexpr double kBurstEvery = 300, kBurstLength = 10;  // seconds
constexpr double kBurst = 10;                           // times the rate
constexpr double kSecondsMax = 366 * kDay, kMillisMax = 86'400'000;

std::optional<double> number(std::string_view text, double most) {
    double value = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (bad != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    if (!(value >= 0 && value <= most)) return std::nullopt;
    return value;
}

// Above 0, at most 1.
double chance(Rng& rng) { return (static_cast<double>(rng.next() >> 11) + 1) * 0x1p-53; }

double normal(Rng& rng) {
    return std::sqrt(-2 * std::log(chance(rng))) * std::cos(2 * std::numbers::pi * chance(rng));
}

struct Habit {
    double rate = 0;  // calls a second, on average over a day
    bool has_bursts = false;
    double burst_at = 0;  // seconds into each five minutes
    double millis = 0;    // the median of its runs
    double spread = 0;
};

// 1 on average over a day: 0.3 at night, 1.7 at noon.
double by_hour(double t) {
    return 1 - 0.7 * std::cos(2 * std::numbers::pi * std::fmod(t, kDay) / kDay);
}

bool in_burst(const Habit& habit, double t) {
    const double into = std::fmod(t + kBurstEvery - habit.burst_at, kBurstEvery);
    return habit.has_bursts && into < kBurstLength;
}

// As many calls on the whole as without bursts.
double rate_at(const Habit& habit, double t) {
    constexpr double mean = 1 + (kBurst - 1) * kBurstLength / kBurstEvery;
    const double burst = !habit.has_bursts ? 1 : (in_burst(habit, t) ? kBurst : 1) / mean;
    return habit.rate * by_hour(t) * burst;
}

Habit make_habit(Rng& rng) {
    return {.has_bursts = chance(rng) < 0.2,
            .burst_at = chance(rng) * kBurstEvery,
            .millis = std::exp(std::log(50.0) + normal(rng)),
            .spread = 0.2 + 0.6 * chance(rng)};
}

// A Poisson process whose rate changes, by thinning.
void add_calls(Traffic& traffic, std::uint32_t function, const Habit& habit, double length,
               Rng& rng) {
    const double most = habit.rate * 1.7 * (habit.has_bursts ? kBurst : 1);
    for (double t = 0;;) {
        t -= std::log(chance(rng)) / most;
        if (t >= length || traffic.calls.size() >= kTrafficMax) return;
        if (chance(rng) * most > rate_at(habit, t)) continue;
        const double ms = std::clamp(habit.millis * std::exp(habit.spread * normal(rng)), 0.1, 6e5);
        traffic.calls.push_back({Micros(static_cast<std::int64_t>(t * 1e6)), function,
                                 static_cast<std::uint32_t>(ms * 1000)});
    }
}

}  // namespace

Result<Traffic> read_traffic(std::istream& in) {
    Traffic traffic;
    std::unordered_map<std::string, std::uint32_t> known;
    std::string line;
    for (int nth = 1; std::getline(in, line); ++nth) {
        const auto wrong = [&](std::string_view why) {
            return fail(Kind::invalid, fmt::format("line {}: {}; a line is SECONDS,FUNCTION,"
                                                   "MILLISECONDS,MB, such as 0.5,shop/api,12.5,128",
                                                   nth, why));
        };
        const auto text = trim(line);
        if (text.empty() || text.starts_with('#')) continue;
        const auto parts = split(text, ',');
        if (parts.size() != 4) return wrong("it has not four parts");
        const auto at = number(parts[0], kSecondsMax), ms = number(parts[2], kMillisMax / 24);
        const auto mb = parse_int(parts[3]);
        if (!at) return wrong("its time is no number of seconds, or over a year");
        if (!ms) return wrong("its run is no number of milliseconds, or over an hour");
        if (!mb || *mb < 1 || *mb > 32'768) return wrong("its size is not 1 to 32768 MB");
        if (parts[1].empty()) return wrong("it names no function");
        const Micros when(std::llround(*at * 1e6));
        if (!traffic.calls.empty() && when < traffic.calls.back().at)
            return wrong("it is earlier than the line before it");
        if (traffic.calls.size() == kTrafficMax)
            return wrong(fmt::format("more than {} calls", kTrafficMax));
        const auto [place, fresh] = known.try_emplace(
            std::string(parts[1]), static_cast<std::uint32_t>(traffic.functions.size()));
        if (fresh) traffic.functions.push_back({place->first, static_cast<int>(*mb)});
        else if (traffic.functions[place->second].memory_mb != *mb)
            return wrong("its function had another size before");
        traffic.calls.push_back(
            {when, place->second, static_cast<std::uint32_t>(std::llround(*ms * 1000))});
    }
    return traffic;
}

void write_traffic(std::ostream& out, const Traffic& traffic) {
    out << "# seconds,function,milliseconds,MB\n";
    for (const auto& call : traffic.calls) {
        const auto& f = traffic.functions[call.function];
        out << fmt::format("{:.6f},{},{:.3f},{}\n", static_cast<double>(call.at.count()) / 1e6,
                           f.name, call.micros / 1000.0, f.memory_mb);
    }
}

Traffic make_traffic(const TrafficWish& wish, Rng& rng) {
    Traffic traffic;
    const auto length = static_cast<double>(wish.length.count());
    double weights = 0;
    for (int i = 1; i <= wish.functions; ++i) weights += 1 / std::pow(i, 1.2);
    for (int i = 1; i <= wish.functions; ++i) {
        constexpr int sizes[] = {128, 128, 128, 256, 256, 512, 1024, 2048};
        traffic.functions.push_back({fmt::format("f/{}", i), sizes[rng.next() % 8]});
        auto habit = make_habit(rng);
        habit.rate = wish.calls / length / std::pow(i, 1.2) / weights;
        add_calls(traffic, static_cast<std::uint32_t>(i - 1), habit, length, rng);
    }
    std::ranges::sort(traffic.calls, {},
                      [](const TrafficCall& call) { return std::pair(call.at, call.function); });
    return traffic;
}

}  // namespace mayfly::cli
