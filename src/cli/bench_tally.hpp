// What came of the calls of a bench, and how that is shown. Pure.
#pragma once

#include "cli/bench_profile.hpp"

#include <boost/json/object.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::cli {

enum class Ended : std::uint8_t {
    ok,
    throttled,  // 429
    failed,     // the function's own failure; over HTTP any status from 400 on
    timed_out,  // the function's time limit, or ours
    refused,    // another error of the platform
    lost,       // no connection, or it broke
    unsent,     // as many calls as allowed waited for a connection already
};
inline constexpr std::size_t kEndings = 7;
std::string_view to_text(Ended ended);  // "ok", "throttled", "timed out", …

// Milliseconds of calls that went well, counted from when they were due.
struct Latency {
    std::size_t calls = 0;
    double p50 = 0, p95 = 0, p99 = 0, max = 0;
};

// One second of the bench.
struct Moment {
    std::int64_t due = 0, ended = 0, not_ok = 0;
    double ms_max = 0;               // of the calls that ended well in it
    std::optional<int> instances{};  // alive on the server, of all functions
};

class Tally {
public:
    // A call became due, and was handed on so much later by this program itself.
    void due(const Due& call, Micros late);

    // It ended `now` (since the bench began), `took` after it was due. `why` is kept of the first
    // of its kind.
    void ended(const Due& call, Micros now, Micros took, Ended how, bool cold,
               std::string_view why);

    void instances(Micros now, int count);

    enum class Part : std::uint8_t { all, calm, burst, settled };
    Latency latency(Part part) const;  // settled: later than a second after a burst began
    Latency late() const;              // of all calls: this program's own lateness

    std::int64_t sent() const { return sent_; }
    std::int64_t count(Ended how) const { return counts_[static_cast<std::size_t>(how)]; }
    std::int64_t cold() const { return cold_; }
    const std::string& why(Ended how) const { return whys_[static_cast<std::size_t>(how)]; }
    const std::vector<Moment>& moments() const { return moments_; }

private:
    Moment& moment(Micros at);

    std::int64_t sent_ = 0, cold_ = 0;
    std::array<std::int64_t, kEndings> counts_{};
    std::array<std::string, kEndings> whys_{};
    std::array<std::vector<std::uint32_t>, 3> micros_{};  // calm, a burst's first second, the rest
    std::vector<std::uint32_t> late_micros_{};
    std::vector<Moment> moments_{};
};

// What the server's bill says of it.
struct Billed {
    std::int64_t calls = 0, cold = 0, billed_ms = 0;
    double gb_seconds = 0;
};

// Blocks of eight heights, at most `width` columns; where there is more, the highest of each
// column.
std::string sparkline(std::span<const double> values, std::size_t width);

// "rate ▂▂███▂▂ 20 → 2000 req/s" and the same of instances, two lines.
std::string draw(const Tally& tally, const Profile& profile, std::size_t width);

// All of it in a few lines, or as JSON.
std::string report_text(const Tally& tally, const Profile& profile,
                        const std::optional<Billed>& billed);
boost::json::object report_json(const Tally& tally, const Profile& profile,
                                const std::optional<Billed>& billed);

// How many workers are alive, from /readyz?verbose; none where it does not say so.
std::optional<int> instances_in(std::string_view health);

}  // namespace mayfly::cli
