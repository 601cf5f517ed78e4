// Ledger: one entry for every call and every lifecycle hook that ran, and the bill made of them.
//
// (1) record() only appends in memory: the path of a call never meets the disk.
// (2) What was recorded is on disk at most `flush_every` (and one commit) later. A kill or a power
// cut
//     loses no more than that window; a clean stop, which ends with flush(), loses nothing.
// (3) Entries and the sums per function and hour are written in one transaction, so the sums always
//     are those of the entries ever written, to the last step.
// (4) While the disk fails, entries wait and are tried again. Beyond `pending_max` only their sums
// are
//     kept: the bill stays right, and dropped() says how many calls lack their line.
// (5) With `sync_always` the loss window is none: a call's caller is answered after flush(), which
// the engine awaits for it.
// (6) The newest `kept_max` entries are kept, the sums for ever.
//
// Table `entry` is for people and tools; `hour` is the bill. File: meter.db in the data folder.
#pragma once

#include "base/log.hpp"
#include "base/result.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "meter/call_record.hpp"
#include "meter/counters.hpp"
#include "meter/rollup.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::meter {

struct Options {
    Micros billing_step = Millis{100};
    Micros flush_every = Seconds{1};
    std::size_t pending_max = 100'000;
    std::size_t kept_max = 1'000'000;
    bool sync_always = false;  // rule (5)
};

// What one function has used since the ledger began.
struct BillRow {
    std::string service;
    std::string function;
    Sum sum;
    bool operator==(const BillRow&) const = default;
};

// Loop thread only.
class Ledger {
public:
    // Opens or makes the file and reads the sums. Blocks. `log` outlives the ledger.
    static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& file,
                                                boost::asio::any_io_executor loop, Options options,
                                                const Log& log);
    ~Ledger();

    // Counts the call and returns what is billed for it. Under a microsecond.
    Micros record(Entry entry);

    // Flushes for ever; meant for a TaskGroup. After that was stopped comes the last flush().
    Task<> flush_now_and_then(io::Timers& timers);

    // Whether a caller has to wait for flush() before it is answered: rule (5).
    bool sync_always() const;

    // Writes all that was recorded before; durable on success. unavailable, busy: it stays pending.
    Task<Result<void>> flush();

    // By service and function; with what is not yet on disk.
    std::vector<BillRow> bill(const AccountId& account) const;

    // Of the calendar month of `now` (UTC), with what is not yet on disk.
    double gb_seconds_in_month(const AccountId& account, WallTime now) const;

    // A call that is kept; nothing if none of the account has that id. Takes up to a second over a
    // million entries. unavailable, busy: the disk.
    Task<Result<std::optional<CallRecord>>> find(AccountId account, std::string request_id);

    // unavailable, busy: the disk.
    Task<Result<Period>> period(AccountId account);

    const Counters& counters() const;  // since the start
    std::int64_t dropped() const;      // rule (4), since the start

private:
    struct State;
    explicit Ledger(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace mayfly::meter
