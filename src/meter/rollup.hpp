// How calls become a bill. Pure, in whole numbers only, so that sums are equal whichever way they
// are made.
#pragma once

#include "base/clock.hpp"
#include "model/call.hpp"
#include "model/function.hpp"
#include "model/trace.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace mayfly::meter {

// What is billed for `duration`: rounded up to whole steps, at least one (FC: 100 ms until 2021).
Micros billed_time(Micros duration, Micros step);

// One call that ran, whatever its outcome. Calls refused before they ran are not billed and not
// here.
struct Entry {
    std::string request_id;
    Route route;  // account, service, function, version and memory are its
    std::string trigger;
    WallTime start;
    Micros duration{};  // initializer and handler
    Micros billed{};    // filled by the ledger
    std::int64_t memory_bytes_peak = 0;
    Start how = Start::warm;
    Outcome outcome = Outcome::ok;
    Course course{};
    TraceContext span{};  // empty: none
    bool is_call = true;  // false of a lifecycle hook: its time is billed, but nobody called
};

// Whose hour it is. Hours are counted from 1970-01-01T00Z by the call's start: FC's billing cycle.
struct HourKey {
    AccountId account;
    std::string service;
    std::string function;
    std::int64_t hour = 0;
    auto operator<=>(const HourKey&) const = default;
};
HourKey hour_of(const Entry& entry);

// Calendar months in UTC, counted from year 0: what budgets are for.
int month_of(std::int64_t hour);
int month_of(WallTime time);

struct Sum {
    std::int64_t invocations = 0;
    std::int64_t errors = 0;  // any outcome but ok
    std::int64_t cold = 0;
    std::int64_t billed_us = 0;
    std::int64_t mb_us = 0;  // billed microseconds times configured MB
    // The same with each call rounded up to a millisecond: what others bill by.
    std::int64_t run_us = 0, run_mb_us = 0;

    Sum& operator+=(const Sum& other);
    bool operator==(const Sum&) const = default;
    std::int64_t billed_ms() const { return billed_us / 1000; }
    double gb_seconds() const { return static_cast<double>(mb_us) / 1024 / 1e6; }
    double run_gb_seconds() const { return static_cast<double>(run_mb_us) / 1024 / 1e6; }
};
Sum sum_of(const Entry& entry);

using HourSums = std::map<HourKey, Sum>;
HourSums sums_of(const std::vector<Entry>& entries);

}  // namespace mayfly::meter
