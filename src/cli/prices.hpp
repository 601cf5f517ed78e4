// What the same traffic costs elsewhere: price books, and how they are applied. Pure but for
// reading a file.
//
// A book is data, built in or a YAML file of one's own:
//
//   name: mine
//   about: our own rack, 2026          # one line, for people
//   source: the finance department, 2026-01-05
//   currency: EUR
//   step: 1                            # ms that a call is rounded up to: 1 or 100
//   per_million_calls: 0.2
//   per_gb_second: 0.0000166667
//   per_vcpu_second: 0                 # beside it, where CPU is paid for by itself…
//   vcpu_per_gb: 0                     # …and comes with memory, so much to a GB
//   vcpu_step: 0                       # rounded up to this
//   box_per_hour: 0                    # or: machines that are always on…
//   box_gb: 0                          # …each with so much memory
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::cli {

struct PriceBook {
    std::string name, about, source, currency;
    int step_ms = 1;
    double per_million_calls = 0;
    double per_gb_second = 0;
    double per_vcpu_second = 0, vcpu_per_gb = 0, vcpu_step = 0;
    double box_per_hour = 0, box_gb = 0;
};

// What one function used, or all together.
struct Usage {
    double calls = 0;
    double billed_s = 0, billed_gb_s = 0;  // in steps of 100 ms
    double run_s = 0, run_gb_s = 0;        // in steps of 1 ms
};

// Of all functions, from the first hour that was billed to the last.
struct UsagePeriod {
    double hours = 0;
    double busiest_gb_s = 0;  // in its busiest hour
    double billed_gb_s = 0;   // in all
};

// Money, in the book's currency. Machines that are always on are enough for the average of the
// busiest hour, one at least; a function's part of them is its part of the GB-seconds.
double cost(const PriceBook& book, const Usage& usage, const UsagePeriod& period);

// fc2018, fc, lambda and box.
const std::vector<PriceBook>& price_books();

// A built-in book, or else the one in that file. not_found: neither, with the names there are.
// invalid: no book, with the line.
Result<PriceBook> find_price_book(const std::string& name_or_file);
Result<PriceBook> parse_price_book(const std::string& yaml, const std::string& file);

}  // namespace mayfly::cli
