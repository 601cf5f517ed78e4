#include "io/scaled_timers.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

namespace mayfly::io {

namespace {

constexpr double kFactorLeast = 0.001, kFactorMost = 100'000;

Failure refuse(std::string_view text) {
    return fail(
        Kind::invalid,
        fmt::format("the clock '{}' is neither how many times as fast it runs, such as x1440 "
                    "({} to {}), nor where it begins, such as 2027-03-28T00:00:00Z, nor both "
                    "with a comma between",
                    text, kFactorLeast, kFactorMost));
}

}  // namespace

Result<TimeScale> parse_time_scale(std::string_view text) {
    TimeScale scale;
    const auto parts = split(text, ',');
    if (parts.size() > 2) return refuse(text);
    auto pace = parts.back();
    if (!pace.starts_with('x') || parts.size() == 2) {
        scale.begins = parse_iso8601(parts.front());
        if (!scale.begins) return refuse(text);
        if (parts.size() == 1) return scale;
    }
    if (!pace.starts_with('x')) return refuse(text);
    pace.remove_prefix(1);
    const auto [end, error] = std::from_chars(pace.data(), pace.data() + pace.size(), scale.factor);
    if (error != std::errc() || end != pace.data() + pace.size() ||
        !(scale.factor >= kFactorLeast && scale.factor <= kFactorMost))
        return refuse(text);
    return scale;
}

class ScaledTimers::ScaledAlarm final : public Alarm {
public:
    ScaledAlarm(const ScaledTimers& timers, std::unique_ptr<Alarm> real)
        : timers_(timers), real_(std::move(real)) {}
    void set(Time t) override { real_->set(timers_.real_time(t)); }

private:
    const ScaledTimers& timers_;
    std::unique_ptr<Alarm> real_;
};

Micros ScaledTimers::passed() const {
    const auto real = static_cast<double>((real_.now() - begun_).count());
    return Micros(static_cast<Micros::rep>(real * factor_));
}

// The first moment at which now() is `t` or later.
Time ScaledTimers::real_time(Time t) const {
    if (t == Time::max()) return t;
    const auto real = std::ceil(static_cast<double>((t - begun_).count()) / factor_);
    return begun_ + Micros(static_cast<Micros::rep>(real));
}

Task<> ScaledTimers::until(Time t) { return real_.until(real_time(t)); }

std::unique_ptr<Alarm> ScaledTimers::alarm(std::function<void()> ring) {
    return std::make_unique<ScaledAlarm>(*this, real_.alarm(std::move(ring)));
}

}  // namespace mayfly::io
