#include "cli/bench_profile.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace mayfly::cli {
namespace {

constexpr Micros kDay = std::chrono::hours{24};
constexpr std::int64_t kPiecesMax = 100'000;

std::optional<double> parse_rate(std::string_view text) {
    double value = 0;
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (bad != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

Result<void> check_rate(double rate) {
    if (rate > 0 && rate <= Profile::rate_max) return {};
    return fail(Kind::invalid, fmt::format("a rate of {} calls a second is out of bounds: above 0, "
                                           "at most {:.0f}",
                                           rate, Profile::rate_max));
}

}  // namespace

Result<Micros> parse_span(std::string_view text) {
    constexpr std::pair<std::string_view, Micros> units[] = {{"ms", Millis{1}},
                                                             {"s", Seconds{1}},
                                                             {"m", std::chrono::minutes{1}},
                                                             {"h", std::chrono::hours{1}}};
    for (const auto& [unit, worth] : units) {
        if (!text.ends_with(unit)) continue;
        const auto count = parse_int(text.substr(0, text.size() - unit.size()));
        if (!count) continue;
        if (*count >= 1 && *count <= kDay / worth) return worth * *count;
        break;
    }
    return fail(Kind::invalid, "'" + std::string(text) +
                                   "' is no length of time; write 250ms, 10s, 5m or 1h, a day at "
                                   "most");
}

std::string span_text(Micros span) {
    if (span % Seconds{1} != Micros{0}) return fmt::format("{}ms", span / Millis{1});
    const auto s = span / Seconds{1};
    return s % 60 == 0 ? fmt::format("{}m", s / 60) : fmt::format("{}s", s);
}

Result<Burst> parse_burst(std::string_view text) {
    const auto bad = [&] {
        return fail(Kind::invalid, "'" + std::string(text) +
                                       "' is no burst; write 200x10s for 200 calls a second for "
                                       "10 s, or 20:200:10s for 20 a second around it as well");
    };
    Burst burst;
    const auto parts = split(text, ':');
    auto last = text;
    if (parts.size() == 3) {
        burst.calm = parse_rate(parts[0]);
        if (!burst.calm) return bad();
        const auto rate = parse_rate(parts[1]);
        if (!rate) return bad();
        burst.rate = *rate;
        last = parts[2];
    } else {
        const auto x = text.find('x');
        const auto rate = x == text.npos ? std::nullopt : parse_rate(text.substr(0, x));
        if (!rate || parts.size() != 1) return bad();
        burst.rate = *rate;
        last = text.substr(x + 1);
    }
    const auto length = parse_span(last);
    if (!length) return bad();
    burst.length = *length;
    return burst;
}

std::int64_t Profile::Piece::calls() const {
    return std::llround(rate * std::chrono::duration<double>(length).count());
}

Profile::Profile(double calm, std::optional<Burst> burst, Micros every, Micros length)
    : calm_(calm), burst_(burst), every_(every), length_(length) {
    const auto add = [this](Micros from, Micros until, double rate, bool in_burst) {
        until = std::min(until, length_);
        if (from >= until) return;
        pieces_.push_back({from, until - from, rate, in_burst});
        calls_ += pieces_.back().calls();
    };
    if (!burst_) {
        add(Micros{0}, length_, calm_, false);
        return;
    }
    const Micros before = (every_ - burst_->length) / 2;
    Micros calm_since{0};
    for (Micros from{0}; from < length_; from += every_) {
        add(calm_since, from + before, calm_, false);
        calm_since = from + before + burst_->length;
        add(from + before, calm_since, burst_->rate, true);
    }
    add(calm_since, length_, calm_, false);
}

Result<Profile> Profile::of(double rate, std::optional<Burst> burst, std::optional<Micros> every,
                            std::optional<Micros> length) {
    if (burst && burst->calm) rate = *burst->calm;
    TRYV(check_rate(rate));
    if (burst) TRYV(check_rate(burst->rate));
    if (every && !burst)
        return fail(Kind::invalid, "--every says how often a burst comes; give one with --burst");
    if (!length) length = !burst ? Micros{Seconds{10}} : every ? 2 * *every : 3 * burst->length;
    if (*length > kDay) return fail(Kind::invalid, "the bench would last more than a day");
    if (!every) every = *length;
    if (burst && burst->length > *every)
        return fail(Kind::invalid, fmt::format("a burst of {} does not fit into {}",
                                               span_text(burst->length), span_text(*every)));
    if (*length / *every > kPiecesMax)
        return fail(Kind::invalid, fmt::format("more than {} bursts", kPiecesMax));
    Profile profile(rate, burst, *every, *length);
    if (profile.calls() > calls_max)
        return fail(Kind::invalid, fmt::format("these are {} calls, and at most {} are counted; "
                                               "lower the rate or shorten the time",
                                               profile.calls(), calls_max));
    if (profile.calls() == 0)
        return fail(Kind::invalid,
                    fmt::format("{} a second for {} is not one call", rate, span_text(*length)));
    return profile;
}

std::optional<Due> Profile::next() {
    while (piece_ < pieces_.size() && nth_ >= pieces_[piece_].calls()) {
        ++piece_;
        nth_ = 0;
    }
    if (piece_ == pieces_.size()) return std::nullopt;
    const auto& piece = pieces_[piece_];
    const Micros since{std::llround(static_cast<double>(nth_++) * 1e6 / piece.rate)};
    return Due{.at = piece.from + since,
               .in_burst = piece.in_burst,
               .settled = piece.in_burst && since >= Seconds{1}};
}

double Profile::rate_at(Micros at) const {
    const auto after = std::ranges::upper_bound(pieces_, at, {}, &Piece::from);
    return after == pieces_.begin() ? 0 : std::prev(after)->rate;
}

}  // namespace mayfly::cli
