// Whatever is recorded, flushed, failed and reopened in whatever order: the bill, the table of
// hours and the table of entries say the same, to the last step.
#include "io/run_for_tests.hpp"
#include "meter/ledger.hpp"
#include "store/db.hpp"

#include <rapidcheck.h>

#include <map>

namespace mayfly::meter {
namespace {

enum class Step { record, flush, break_disk, mend_disk, restart };

class Case {
public:
    explicit Case(std::size_t pending_max) : options_{.pending_max = pending_max} { reopen(); }

    void run(Step step, const Entry& entry) {
        switch (step) {
            case Step::record: return record(entry);
            case Step::flush: return (void)io::run_task(loop_, ledger_->flush());
            case Step::break_disk: return set_broken(true);
            case Step::mend_disk: return set_broken(false);
            case Step::restart: return restart();
        }
    }

    // Mends the disk, flushes, and compares the three.
    void check() {
        restart();
        const auto billed = bill();
        RC_ASSERT(billed == expected_);
        RC_ASSERT(read("SELECT function, sum(invocations), sum(errors), sum(cold), sum(billed_us),"
                       " sum(mb_us), sum(run_us), sum(run_mb_us) FROM hour GROUP BY function") ==
                  expected_);
        if (dropped_ > 0) return;
        RC_ASSERT(
            read("SELECT function, count(*), sum(outcome <> 'ok'), sum(cold), sum(billed_us),"
                 " sum(billed_us * memory_mb), sum(max(1, (duration_us + 999) / 1000) * 1000),"
                 " sum(max(1, (duration_us + 999) / 1000) * 1000 * memory_mb)"
                 " FROM entry GROUP BY function") == expected_);
    }

private:
    using Sums = std::map<std::string, Sum>;

    void record(Entry entry) {
        entry.billed = billed_time(entry.duration, options_.billing_step);
        expected_[entry.route->function.spec.name] += sum_of(entry);
        const auto billed = entry.billed;
        RC_ASSERT(ledger_->record(std::move(entry)) == billed);
        RC_ASSERT(bill() == expected_);
    }

    void restart() {
        set_broken(false);
        RC_ASSERT(io::run_task(loop_, ledger_->flush()).has_value());
        reopen();
    }

    void reopen() {
        if (ledger_) dropped_ += ledger_->dropped();
        ledger_.reset();
        ledger_ = Ledger::open(file(), loop_.get_executor(), options_, log_).value();
    }

    void set_broken(bool broken) {
        if (std::exchange(broken_, broken) == broken) return;
        auto db = store::Db::open(file()).value();
        const auto done = db.run(broken ? "CREATE TRIGGER broken BEFORE INSERT ON hour BEGIN"
                                          " SELECT RAISE(ABORT, 'broken for a test'); END"
                                        : "DROP TRIGGER broken");
        RC_ASSERT(done.has_value());
    }

    Sums bill() const {
        Sums sums;
        for (const auto& row : ledger_->bill("1")) sums[row.function] = row.sum;
        return sums;
    }

    Sums read(const char* sql) {
        auto db = store::Db::open(file()).value();
        auto rows = db.prepare(sql).value();
        Sums sums;
        while (rows.step().value()) {
            sums[std::string(rows.text(0))] = {.invocations = rows.integer(1),
                                               .errors = rows.integer(2),
                                               .cold = rows.integer(3),
                                               .billed_us = rows.integer(4),
                                               .mb_us = rows.integer(5),
                                               .run_us = rows.integer(6),
                                               .run_mb_us = rows.integer(7)};
        }
        return sums;
    }

    std::filesystem::path file() const { return folder_.path() / "meter.db"; }

    io::TestFolder folder_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
    Log log_{Level::error};
    Options options_;
    std::unique_ptr<Ledger> ledger_;
    bool broken_ = false;
    std::int64_t dropped_ = 0;
    Sums expected_;
};

Entry any_entry() {
    Revision revision;
    revision.function.account = "1";
    revision.function.service = "shop";
    revision.function.spec.name = std::string(1, *rc::gen::inRange('a', 'd'));
    revision.function.spec.memory_mb = *rc::gen::inRange(2, 49) * 64;
    return {
        .request_id = "r",
        .route = std::make_shared<const Revision>(std::move(revision)),
        .trigger = "api",
        .start = WallTime{Seconds{*rc::gen::inRange(0, 100'000)}},
        .duration = Micros{*rc::gen::inRange(0, 10'000'000)},
        .how = *rc::gen::element(Start::warm, Start::cold),
        .outcome = *rc::gen::element(Outcome::ok, Outcome::unhandled_error, Outcome::timed_out)};
}

}  // namespace
}  // namespace mayfly::meter

int main() {
    using namespace mayfly::meter;
    const bool held = rc::check("bill, hours and entries say the same", [] {
        Case world(*rc::gen::element<std::size_t>(3, 1000));
        const auto step = rc::gen::weightedElement<Step>({{10, Step::record},
                                                          {4, Step::flush},
                                                          {2, Step::break_disk},
                                                          {2, Step::mend_disk},
                                                          {1, Step::restart}});
        for (int left = *rc::gen::inRange(1, 25); left > 0; --left) world.run(*step, any_entry());
        world.check();
    });
    return held ? 0 : 1;
}
