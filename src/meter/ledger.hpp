// What was used, call by call: the ground of every bill.
//
// record() only writes to memory; a flush puts all that waits into SQLite in one transaction, together
// with the sums per function and hour, so entries and sums are equal by construction. Loss window: on
// kill -9 or power loss at most what was recorded since the last flush (`flush_every`); none on a clean
// stop.
#pragma once

#include "base/clock.hpp"
#include "base/log.hpp"
#include "io/task.hpp"
#include "model/call.hpp"
#include "store/writer.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mayfly::meter {

// One call that ran. Rejected calls (not found, over a limit) have none: they are not billed.
struct Entry {
    std::string request_id;
    AccountId account;
    std::string service, function, version;
    std::string trigger;
    WallTime start;       // when it arrived
    Micros duration{};    // initializer and handler
    Millis billed{};      // filled by the ledger
    int memory_mb = 0;    // configured, which is what is billed
    std::int64_t memory_bytes_peak = 0;
    Start start_kind = Start::warm;
    Outcome outcome = Outcome::ok;
};

// Sums of one function, or of all.
struct Usage {
    std::string service, function;
    std::int64_t invocations = 0;
    std::int64_t errors = 0;  // outcomes other than ok
    std::int64_t cold = 0;
    std::int64_t billed_ms = 0;
    std::int64_t billed_mb_ms = 0;  // billed milliseconds times configured megabytes
};

// GB-seconds of a usage: billed_mb_ms / 1024 / 1000.
double gb_seconds(const Usage& usage);

// Loop thread only.
class Ledger {
public:
    struct Options {
        Millis billing_step{100};
        Millis flush_every{1000};
        std::size_t waiting_max = 1'000'000;  // entries in memory while the disk fails; beyond it raw
                                              // entries are dropped and counted, sums are kept
        std::size_t entries_kept = 1'000'000; // newest raw entries kept on disk; sums stay for ever
    };

    // Opens or makes the file. Blocks.
    static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& file,
                                                boost::asio::any_io_executor loop, const Log& log,
                                                Options options);
    ~Ledger();

    // Rounds up to the billing step (one at least), remembers the entry, returns what is billed.
    Millis record(Entry entry);

    // Puts on disk all that was recorded before. Main calls it every `flush_every` and at a clean stop.
    Task<Result<void>> flush();

    // Sums per function of an account since the first day, by service and function, what is not yet
    // flushed included.
    std::vector<Usage> bill(const AccountId& account) const;

    // Raw entries dropped because the disk failed for too long.
    std::int64_t dropped() const;

private:
    struct State;
    explicit Ledger(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace mayfly::meter
