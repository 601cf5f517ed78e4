#include "cli/bench_tally.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace mayfly::cli {
namespace {

namespace json = boost::json;

double millis(Micros time) { return static_cast<double>(time.count()) / 1000; }

std::uint32_t as_micros(Micros time) {
    return static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(time.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

Latency latency_of(std::vector<std::uint32_t> micros) {
    if (micros.empty()) return {};
    std::ranges::sort(micros);
    const auto at = [&](double share) {
        const auto index = static_cast<std::size_t>(share * static_cast<double>(micros.size()));
        return micros[std::min(index, micros.size() - 1)] / 1000.0;
    };
    return {.calls = micros.size(),
            .p50 = at(0.5),
            .p95 = at(0.95),
            .p99 = at(0.99),
            .max = micros.back() / 1000.0};
}

json::object to_json(const Latency& l) {
    return {{"calls", l.calls}, {"p50", l.p50}, {"p95", l.p95}, {"p99", l.p99}, {"max", l.max}};
}

std::string line_of(std::string_view name, const Latency& l, std::string_view more) {
    const auto digits = [](double ms) { return fmt::format("{:.{}f}", ms, ms < 10 ? 1 : 0); };
    return fmt::format("{:<10}p50 {} · p95 {} · p99 {} · max {} ms{}\n", name, digits(l.p50),
                       digits(l.p95), digits(l.p99), digits(l.max), more);
}

constexpr std::string_view kHeights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

}  // namespace

std::string_view to_text(Ended ended) {
    constexpr std::string_view words[] = {"ok",      "throttled", "failed", "timed out",
                                          "refused", "lost",      "unsent"};
    return words[static_cast<std::size_t>(ended)];
}

Moment& Tally::moment(Micros at) {
    const auto second = static_cast<std::size_t>(std::max(at, Micros{0}) / Seconds{1});
    if (second >= moments_.size()) moments_.resize(second + 1);
    return moments_[second];
}

void Tally::due(const Due& call, Micros late) {
    ++sent_;
    ++moment(call.at).due;
    late_micros_.push_back(as_micros(late));
}

void Tally::ended(const Due& call, Micros now, Micros took, Ended how, bool cold,
                  std::string_view why) {
    const auto index = static_cast<std::size_t>(how);
    auto& m = moment(now);
    ++m.ended;
    if (++counts_[index] == 1) whys_[index] = why;
    cold_ += cold;
    if (how != Ended::ok) {
        ++m.not_ok;
        return;
    }
    m.ms_max = std::max(m.ms_max, millis(took));
    micros_[!call.in_burst ? 0 : !call.settled ? 1 : 2].push_back(as_micros(took));
}

void Tally::instances(Micros now, int count) {
    auto& known = moment(now).instances;
    known = std::max(known.value_or(0), count);
}

Latency Tally::latency(Part part) const {
    if (part == Part::calm) return latency_of(micros_[0]);
    if (part == Part::settled) return latency_of(micros_[2]);
    std::vector<std::uint32_t> some;
    for (std::size_t i = part == Part::all ? 0 : 1; i < micros_.size(); ++i)
        some.insert(some.end(), micros_[i].begin(), micros_[i].end());
    return latency_of(std::move(some));
}

Latency Tally::late() const { return latency_of(late_micros_); }

std::string sparkline(std::span<const double> values, std::size_t width) {
    const auto columns = std::min(width, values.size());
    const double top = values.empty() ? 0 : std::ranges::max(values);
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
        const auto part =
            values.subspan(i * values.size() / columns,
                           (i + 1) * values.size() / columns - i * values.size() / columns);
        const double height = top > 0 ? std::ranges::max(part) / top : 0;
        line += kHeights[static_cast<std::size_t>(std::clamp(height * 8, 0.0, 7.0))];
    }
    return line;
}

std::string draw(const Tally& tally, const Profile& profile, std::size_t width) {
    std::vector<double> rates, instances;
    for (const auto& m : tally.moments()) {
        rates.push_back(static_cast<double>(m.due));
        if (m.instances) instances.push_back(*m.instances);
        else instances.push_back(instances.empty() ? 0 : instances.back());
    }
    auto text = fmt::format("rate        {}   {} → {} req/s\n", sparkline(rates, width),
                            profile.lowest(), profile.highest());
    if (!instances.empty())
        text += fmt::format("instances   {}   {} → {} → {}\n", sparkline(instances, width),
                            instances.front(), std::ranges::max(instances), instances.back());
    return text;
}

std::string report_text(const Tally& tally, const Profile& profile,
                        const std::optional<Billed>& billed) {
    using Part = Tally::Part;
    auto text = draw(tally, profile, 60);
    text += fmt::format("sent {}", tally.sent());
    for (std::size_t i = 0; i < kEndings; ++i) {
        const auto how = static_cast<Ended>(i);
        if (i < 2 || tally.count(how) > 0)
            text += fmt::format(" · {} {}", to_text(how), tally.count(how));
    }
    const auto share = tally.sent() > 0 ? 100.0 * static_cast<double>(tally.cold()) /
                                              static_cast<double>(tally.sent())
                                        : 0.0;
    text += fmt::format(" · cold {} ({:.2f} %)\n", tally.cold(), share);
    text += line_of("latency", tally.latency(Part::all),
                    "   (open loop: counted from when a call was due)");
    if (tally.latency(Part::burst).calls > 0) {
        text += line_of("  calm", tally.latency(Part::calm), "");
        text += line_of("  burst", tally.latency(Part::burst), "");
        if (tally.latency(Part::settled).calls > 0)
            text += line_of("  settled", tally.latency(Part::settled),
                            "   (from a second after a burst began)");
    }
    if (billed)
        text += fmt::format("billed {:.1f} s · {:.3f} GB·s\n",
                            static_cast<double>(billed->billed_ms) / 1000, billed->gb_seconds);
    if (const auto late = tally.late(); late.p99 >= 10)
        text += fmt::format(
            "this program was late itself, p99 {:.0f} ms: it lacks CPU, and the "
            "figures above are too high by up to that\n",
            late.p99);
    return text;
}

json::object report_json(const Tally& tally, const Profile& profile,
                         const std::optional<Billed>& billed) {
    using Part = Tally::Part;
    json::object report{{"sent", tally.sent()},
                        {"ok", tally.count(Ended::ok)},
                        {"throttled", tally.count(Ended::throttled)},
                        {"failed", tally.count(Ended::failed)},
                        {"timedOut", tally.count(Ended::timed_out)},
                        {"refused", tally.count(Ended::refused)},
                        {"lost", tally.count(Ended::lost)},
                        {"unsent", tally.count(Ended::unsent)},
                        {"cold", tally.cold()},
                        {"lengthMs", profile.length() / Millis{1}},
                        {"rateLow", profile.lowest()},
                        {"rateHigh", profile.highest()},
                        {"latencyMs", to_json(tally.latency(Part::all))},
                        {"calmMs", to_json(tally.latency(Part::calm))},
                        {"burstMs", to_json(tally.latency(Part::burst))},
                        {"settledMs", to_json(tally.latency(Part::settled))},
                        {"lateMs", to_json(tally.late())}};
    if (billed)
        report["billed"] = {{"calls", billed->calls},
                            {"cold", billed->cold},
                            {"billedMs", billed->billed_ms},
                            {"gbSeconds", billed->gb_seconds}};
    json::array seconds;
    for (const auto& m : tally.moments()) {
        json::object second{
            {"due", m.due}, {"ended", m.ended}, {"notOk", m.not_ok}, {"msMax", m.ms_max}};
        if (m.instances) second["instances"] = *m.instances;
        seconds.push_back(std::move(second));
    }
    report["seconds"] = std::move(seconds);
    json::object whys;
    for (std::size_t i = 1; i < kEndings; ++i) {
        const auto how = static_cast<Ended>(i);
        if (tally.count(how) > 0) whys[to_text(how)] = tally.why(how);
    }
    report["firstErrors"] = std::move(whys);
    return report;
}

// "workers starting 0 busy 1 idle 3 stopping 0": main/wiring.cpp.
std::optional<int> instances_in(std::string_view health) {
    for (const auto line : split(health, '\n')) {
        const auto words = split(line, ' ');
        if (words.size() != 9 || words[0] != "workers" || words[1] != "starting") continue;
        std::int64_t sum = 0;
        for (const std::size_t at : {2u, 4u, 6u}) {
            const auto count = parse_int(words[at]);
            if (!count || *count < 0 || *count > 1'000'000) return std::nullopt;
            sum += *count;
        }
        return static_cast<int>(sum);
    }
    return std::nullopt;
}

}  // namespace mayfly::cli
