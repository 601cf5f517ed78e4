// Traffic as a file: which function was called when, and for how long it ran. Pure.
//
//   # lines that begin with # are for people
//   0.000,shop/api,12.5,128        seconds since the beginning, function, milliseconds, MB
//
// Lines are in the order of time. A function has one size.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/rng.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace mayfly::cli {

inline constexpr std::size_t kTrafficMax = 20'000'000;  // calls; each takes 16 bytes

struct TrafficCall {
    Micros at{};                 // since the beginning
    std::uint32_t function = 0;  // its place among the functions
    std::uint32_t micros = 0;    // that it ran
};

struct Traffic {
    struct Function {
        std::string name;
        int memory_mb = 128;
    };
    std::vector<Function> functions;
    std::vector<TrafficCall> calls;  // by time
};

// invalid: with the line, and what is wrong with it.
Result<Traffic> read_traffic(std::istream& in);
void write_traffic(std::ostream& out, const Traffic& traffic);

// What made-up traffic is like. Few functions have most of the calls (a Zipf law), the others are
// called now and then; there are more calls by day than by night; one function in five has bursts
// of ten times its rate, 10 s every five minutes; how long a call runs differs by function, and
// from call to call (lognormal).
struct TrafficWish {
    int functions = 100;  // 1 to 10,000
    Seconds length = std::chrono::hours{24};
    double calls = 100'000;  // about so many, at most kTrafficMax / 2
};
Traffic make_traffic(const TrafficWish& wish, Rng& rng);

}  // namespace mayfly::cli
