// What the ledger has recorded since the server began, as Prometheus counts it: by function, in
// numbers that only grow. Text format 0.0.4 (prometheus.io, "Exposition formats").
#pragma once

#include "meter/rollup.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

namespace mayfly::meter {

// Loop thread only.
class Counters {
public:
    // `entry.billed` is filled.
    void add(const Entry& entry);

    // Appends families, each with its HELP and TYPE.
    void write(std::string& out) const;

private:
    // Upper bounds in microseconds: those OpenTelemetry recommends for functions.
    static constexpr std::array<std::int64_t, 14> kBounds{
        5'000,   10'000,  25'000,    50'000,    75'000,    100'000,   250'000,
        500'000, 750'000, 1'000'000, 2'500'000, 5'000'000, 7'500'000, 10'000'000};
    struct Names {
        AccountId account;
        std::string function;  // "service/function"
        std::string qualifier;
        auto operator<=>(const Names&) const = default;
    };
    struct OfFunction {
        std::map<std::pair<std::string, std::string_view>, std::int64_t>
            calls{};                                        // by trigger and outcome
        std::array<std::int64_t, kBounds.size()> within{};  // of calls, not yet summed up
        std::int64_t count = 0, duration_us = 0;            // of calls
        std::int64_t cold = 0, billed_us = 0, mb_us = 0;
    };
    struct Phases {
        std::int64_t count = 0, us = 0;
    };

    OfFunction& of(const Revision& revision);
    static std::string labels(const Names& names);

    std::map<Names, OfFunction> functions_;
    std::unordered_map<FunctionId, OfFunction*>
        known_;                                  // of revisions, so that no name is compared
    std::map<std::string_view, Phases> phases_;  // of cold starts
};

// A label's value, with what must be escaped.
std::string escaped_label(std::string_view value);

}  // namespace mayfly::meter
