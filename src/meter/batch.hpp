// Private to ledger.cpp: what one transaction writes, and the tables it goes to.
#pragma once

#include "base/result.hpp"
#include "meter/call_record.hpp"
#include "meter/rollup.hpp"
#include "store/db.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mayfly::meter {

using FunctionKey = std::pair<std::string, std::string>;  // service, function
using Totals = std::map<AccountId, std::map<FunctionKey, Sum>>;

// While the writer's thread has it, only that thread touches it.
struct Batch {
    std::vector<Entry> entries;
    HourSums more{};  // sums of entries that were dropped
    HourSums sums{};  // of entries and more: made while writing

    bool empty() const { return entries.empty() && more.empty(); }
};

Result<void> make_tables(store::Db& db);
Result<Totals> read_totals(store::Db& db);

// Megabyte-microseconds by account and month (rollup.hpp).
using Months = std::map<AccountId, std::map<int, std::int64_t>>;
Result<Months> read_months(store::Db& db);

Result<Period> read_period(store::Db& db, const std::string& account);

// The newest call of that id; looks through all entries that are kept.
Result<std::optional<CallRecord>> read_call(store::Db& db, const std::string& account,
                                            const std::string& request_id);

// Writes the entries and adds their sums, then drops all but the newest `kept` entries. The
// caller's transaction makes it one change.
Result<void> write_batch(store::Db& db, Batch& batch, std::size_t kept);

}  // namespace mayfly::meter
