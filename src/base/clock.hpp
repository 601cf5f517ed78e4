// Time comes in by the constructor. Time is monotonic and counted from an arbitrary start; it is
// what deadlines, durations and the scheduler use. WallTime is what people, signatures and ledgers
// use.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mayfly {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

struct Monotonic {
    using duration = Micros;
    using rep = Micros::rep;
    using period = Micros::period;
    using time_point = std::chrono::time_point<Monotonic>;
    static constexpr bool is_steady = true;
};
using Time = Monotonic::time_point;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Micros>;

// Thread-safe. Tests own one they can move.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Time now() const = 0;
    virtual WallTime wall() const = 0;
};

// The machine's clocks (CLOCK_MONOTONIC, CLOCK_REALTIME).
class SystemClock final : public Clock {
public:
    Time now() const override;
    WallTime wall() const override;
};

// "2020-04-01T08:14:58Z": UTC, whole seconds (the form of FC's createdTime).
std::string iso8601(WallTime t);

// "2020-04-01T08:14:58.123Z": UTC, milliseconds.
std::string iso8601_millis(WallTime t);

// The moment that such a text names, with or without a fraction; nothing if it is anything else.
std::optional<WallTime> parse_iso8601(std::string_view text);

}  // namespace mayfly
