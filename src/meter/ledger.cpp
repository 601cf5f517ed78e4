#include "meter/ledger.hpp"

#include "meter/batch.hpp"
#include "store/writer.hpp"

#include <iterator>
#include <list>

namespace mayfly::meter {

struct Ledger::State {
    State(store::Db db, boost::asio::any_io_executor loop, const Log& l, Options o, Totals t,
          Months m)
        : options(o),
          log(l),
          totals(std::move(t)),
          months(std::move(m)),
          writer(std::move(db), std::move(loop)) {}

    void keep_for_later(Batch batch);
    void settle(const Batch& batch);
    void tell(const Result<void>& written);

    const Options options;
    const Log& log;
    Totals totals;  // on disk
    Months months;  // all that was recorded
    Counters counters;
    Batch pending;  // recorded, not yet handed to the writer
    std::list<std::shared_ptr<Batch>>
        flying;  // with the writer, which shares each until it is done
    std::int64_t dropped = 0;
    bool failing = false;  // so that a failing disk is reported once, and once when it is back
    store::Writer writer;  // last: it ends first and finishes what flies
};

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& file,
                                             boost::asio::any_io_executor loop, Options options,
                                             const Log& log) {
    TRY(auto db, store::Db::open(file));
    TRYV(make_tables(db));
    TRY(auto totals, read_totals(db));
    TRY(auto months, read_months(db));
    return std::unique_ptr<Ledger>(new Ledger(std::make_unique<State>(
        std::move(db), std::move(loop), log, options, std::move(totals), std::move(months))));
}

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;

Micros Ledger::record(Entry entry) {
    auto& s = *state_;
    const auto billed = entry.billed = billed_time(entry.duration, s.options.billing_step);
    s.counters.add(entry);
    s.months[entry.route->function.account][month_of(entry.start)] += sum_of(entry).mb_us;
    if (s.pending.entries.size() < s.options.pending_max) {
        s.pending.entries.push_back(std::move(entry));
    } else {
        s.pending.more[hour_of(entry)] += sum_of(entry);
        ++s.dropped;
    }
    return billed;
}

bool Ledger::sync_always() const { return state_->options.sync_always; }

Task<> Ledger::flush_now_and_then(io::Timers& timers) {
    for (;;) {
        co_await timers.until(timers.now() + state_->options.flush_every);
        (void)co_await flush();  // a failure was told, and is tried again
    }
}

// The writer keeps the order, so when this batch is on disk those before it have been settled too.
Task<Result<void>> Ledger::flush() {
    auto& s = *state_;
    if (s.pending.empty() && s.flying.empty()) co_return Result<void>{};
    const auto batch = std::make_shared<Batch>(std::exchange(s.pending, {}));
    const auto place = s.flying.insert(s.flying.end(), batch);
    const auto kept = s.options.kept_max;
    auto written = co_await s.writer.commit(
        [batch, kept](store::Db& db) { return write_batch(db, *batch, kept); });
    s.flying.erase(place);
    if (written) s.settle(*batch);
    else s.keep_for_later(std::move(*batch));
    s.tell(written);
    co_return written;
}

void Ledger::State::settle(const Batch& batch) {
    for (const auto& [key, sum] : batch.sums)
        totals[key.account][{key.service, key.function}] += sum;
}

// Older before newer. Beyond the bound the newest lose their line: what led up to a failure is what
// people look for.
void Ledger::State::keep_for_later(Batch batch) {
    for (const auto& [key, sum] : pending.more) batch.more[key] += sum;
    std::move(pending.entries.begin(), pending.entries.end(), std::back_inserter(batch.entries));
    batch.sums.clear();
    pending = std::move(batch);
    auto& entries = pending.entries;
    for (; entries.size() > options.pending_max; entries.pop_back(), ++dropped) {
        pending.more[hour_of(entries.back())] += sum_of(entries.back());
    }
}

void Ledger::State::tell(const Result<void>& written) {
    if (!written && !failing) log.warn("the ledger waits for its disk: {}", written.error().what);
    if (written && failing) log.info("the ledger writes again; {} calls lack their line", dropped);
    failing = !written;
}

std::vector<BillRow> Ledger::bill(const AccountId& account) const {
    const auto& s = *state_;
    std::map<FunctionKey, Sum> sums;
    if (const auto it = s.totals.find(account); it != s.totals.end()) sums = it->second;
    const auto add = [&](const HourKey& key, const Sum& sum) {
        if (key.account == account) sums[{key.service, key.function}] += sum;
    };
    const auto add_batch = [&](const Batch& batch) {
        for (const auto& [key, sum] : batch.more) add(key, sum);
        for (const auto& [key, sum] : sums_of(batch.entries)) add(key, sum);
    };
    add_batch(s.pending);
    for (const auto& batch : s.flying) add_batch(*batch);
    std::vector<BillRow> rows;
    for (const auto& [key, sum] : sums) rows.push_back({key.first, key.second, sum});
    return rows;
}

double Ledger::gb_seconds_in_month(const AccountId& account, WallTime now) const {
    const auto own = state_->months.find(account);
    if (own == state_->months.end()) return 0;
    const auto month = own->second.find(month_of(now));
    return month == own->second.end() ? 0 : Sum{.mb_us = month->second}.gb_seconds();
}

// What is still in memory is written first, so that one place has to be searched.
Task<Result<std::optional<CallRecord>>> Ledger::find(AccountId account, std::string request_id) {
    CO_TRYV(co_await flush());
    const auto found = std::make_shared<std::optional<CallRecord>>();
    CO_TRYV(co_await state_->writer.commit([=](store::Db& db) -> Result<void> {
        TRY(*found, read_call(db, account, request_id));
        return {};
    }));
    co_return std::move(*found);
}

Task<Result<Period>> Ledger::period(AccountId account) {
    CO_TRYV(co_await flush());
    const auto found = std::make_shared<Period>();
    CO_TRYV(co_await state_->writer.commit([=](store::Db& db) -> Result<void> {
        TRY(*found, read_period(db, account));
        return {};
    }));
    co_return *found;
}

const Counters& Ledger::counters() const { return state_->counters; }

std::int64_t Ledger::dropped() const { return state_->dropped; }

}  // namespace mayfly::meter
