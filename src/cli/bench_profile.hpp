// When the calls of a bench are due: an even rate, with bursts in it. Pure.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mayfly::cli {

// "250ms", "10s", "5m", "1h": at least 1 ms, at most a day. invalid: anything else.
Result<Micros> parse_span(std::string_view text);

// "10s", as a person writes it.
std::string span_text(Micros span);

// "200x10s": so many a second for so long; "20:2000:10s": the same, and 20 a second around it.
struct Burst {
    std::optional<double> calm;  // calls a second
    double rate = 0;             // calls a second
    Micros length{};
};
Result<Burst> parse_burst(std::string_view text);

struct Due {
    Micros at{};  // since the bench began
    bool in_burst = false;
    bool settled = false;  // more than a second after its burst began
};

class Profile {
public:
    static constexpr double rate_max = 100'000;           // calls a second
    static constexpr std::int64_t calls_max = 5'000'000;  // each leaves 8 bytes until the end

    // A burst stands in the middle of each `every`; without bursts there is one rate. What is not
    // given follows: `every` is `length`; `length` is 10 s, 3 bursts long, or twice `every`.
    // invalid: a rate or length out of bounds, with the bounds; a burst longer than `every`.
    static Result<Profile> of(double rate, std::optional<Burst> burst, std::optional<Micros> every,
                              std::optional<Micros> length);

    // The next call, in order; none at the end.
    std::optional<Due> next();

    Micros length() const { return length_; }
    std::int64_t calls() const { return calls_; }
    double lowest() const { return calm_; }
    double highest() const { return burst_ ? std::max(burst_->rate, calm_) : calm_; }

    // The rate wanted at that moment.
    double rate_at(Micros at) const;

private:
    struct Piece {
        Micros from{}, length{};
        double rate = 0;
        bool in_burst = false;
        std::int64_t calls() const;
    };
    Profile(double calm, std::optional<Burst> burst, Micros every, Micros length);

    double calm_;
    std::optional<Burst> burst_;
    Micros every_, length_;
    std::vector<Piece> pieces_{};
    std::int64_t calls_ = 0;
    std::size_t piece_ = 0;
    std::int64_t nth_ = 0;  // of its calls
};

}  // namespace mayfly::cli
