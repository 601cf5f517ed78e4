#include "meter/batch.hpp"

#include "base/text.hpp"

namespace mayfly::meter {
namespace {

constexpr const char* schema[] = {
    "CREATE TABLE entry (id INTEGER PRIMARY KEY AUTOINCREMENT, request_id TEXT NOT NULL,"
    "  account TEXT NOT NULL, service TEXT NOT NULL, function TEXT NOT NULL, version TEXT NOT NULL,"
    "  trigger TEXT NOT NULL, start_us INTEGER NOT NULL, duration_us INTEGER NOT NULL,"
    "  billed_us INTEGER NOT NULL, memory_mb INTEGER NOT NULL, memory_bytes_peak INTEGER NOT NULL,"
    "  cold INTEGER NOT NULL, outcome TEXT NOT NULL) STRICT;"
    "CREATE TABLE hour (account TEXT NOT NULL, service TEXT NOT NULL, function TEXT NOT NULL,"
    "  hour INTEGER NOT NULL, invocations INTEGER NOT NULL, errors INTEGER NOT NULL,"
    "  cold INTEGER NOT NULL, billed_us INTEGER NOT NULL, mb_us INTEGER NOT NULL,"
    "  PRIMARY KEY (account, service, function, hour)) STRICT, WITHOUT ROWID;",
    "ALTER TABLE entry ADD COLUMN course TEXT;",  // of calls that were not simply warm
    // Of hours before this there are only the billed sums: their calls count as if each had run for
    // what was billed.
    "ALTER TABLE hour ADD COLUMN run_us INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE hour ADD COLUMN run_mb_us INTEGER NOT NULL DEFAULT 0;"
    "UPDATE hour SET run_us = billed_us, run_mb_us = mb_us;",
    "ALTER TABLE entry ADD COLUMN span TEXT;",  // "{trace id}-{span id}-{caller's span id}"
    // Without AUTOINCREMENT, which costs each insert a third: only the oldest go, so no id comes
    // again as it is.
    "CREATE TABLE line (id INTEGER PRIMARY KEY, request_id TEXT NOT NULL,"
    "  account TEXT NOT NULL, service TEXT NOT NULL, function TEXT NOT NULL, version TEXT NOT NULL,"
    "  trigger TEXT NOT NULL, start_us INTEGER NOT NULL, duration_us INTEGER NOT NULL,"
    "  billed_us INTEGER NOT NULL, memory_mb INTEGER NOT NULL, memory_bytes_peak INTEGER NOT NULL,"
    "  cold INTEGER NOT NULL, outcome TEXT NOT NULL, course TEXT, span TEXT) STRICT;"
    "INSERT INTO line SELECT * FROM entry; DROP TABLE entry; ALTER TABLE line RENAME TO entry;"};

// What is simply warm is the usual, and costs no bytes.
std::string course_text(const Course& course) {
    const bool usual = course.origin == Origin::warm && course.phases.empty();
    return usual ? std::string() : to_json(course);
}

std::string span_text(const TraceContext& span) {
    if (span.trace_id.empty()) return {};
    return span.trace_id + "-" + span.span_id + "-" + span.parent_id;
}

Result<void> write_entry(store::Statement& insert, const Entry& e) {
    const auto& f = e.route->function;
    return insert.run(e.request_id, f.account, f.service, f.spec.name, e.route->version, e.trigger,
                      std::int64_t{e.start.time_since_epoch().count()},
                      std::int64_t{e.duration.count()}, std::int64_t{e.billed.count()},
                      f.spec.memory_mb, e.memory_bytes_peak, static_cast<int>(e.how == Start::cold),
                      to_text(e.outcome), course_text(e.course), span_text(e.span));
}

}  // namespace

Result<void> make_tables(store::Db& db) { return db.migrate(schema); }

Result<Totals> read_totals(store::Db& db) {
    TRY(auto rows, db.prepare("SELECT account, service, function, sum(invocations), sum(errors),"
                              " sum(cold), sum(billed_us), sum(mb_us), sum(run_us), sum(run_mb_us)"
                              " FROM hour"
                              " GROUP BY account, service, function"));
    Totals totals;
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return totals;
        const FunctionKey key{rows.text(1), rows.text(2)};
        totals[std::string(rows.text(0))][key] = {.invocations = rows.integer(3),
                                                  .errors = rows.integer(4),
                                                  .cold = rows.integer(5),
                                                  .billed_us = rows.integer(6),
                                                  .mb_us = rows.integer(7),
                                                  .run_us = rows.integer(8),
                                                  .run_mb_us = rows.integer(9)};
    }
}

Result<Months> read_months(store::Db& db) {
    TRY(auto rows, db.prepare("SELECT account, hour, sum(mb_us) FROM hour GROUP BY account, hour"));
    Months months;
    for (;;) {
        TRY(const bool more, rows.step());
        if (!more) return months;
        months[std::string(rows.text(0))][month_of(rows.integer(1))] += rows.integer(2);
    }
}

Result<Period> read_period(store::Db& db, const std::string& account) {
    TRY(auto rows, db.prepare("SELECT min(hour), max(hour), max(sum) FROM (SELECT hour,"
                              " sum(mb_us) AS sum FROM hour WHERE account = ? GROUP BY hour)"));
    TRYV(rows.bind(account));
    TRY(const bool found, rows.step());
    if (!found || rows.integer(2) == 0) return Period{};
    return Period{.hours = rows.integer(1) - rows.integer(0) + 1,
                  .busiest_gb_seconds = Sum{.mb_us = rows.integer(2)}.gb_seconds()};
}

Result<std::optional<CallRecord>> read_call(store::Db& db, const std::string& account,
                                            const std::string& request_id) {
    TRY(auto rows,
        db.prepare("SELECT service, function, version, trigger, start_us, duration_us,"
                   " billed_us, memory_mb, memory_bytes_peak, cold, outcome, course, span"
                   " FROM entry WHERE request_id = ? AND account = ?"
                   " ORDER BY id DESC LIMIT 1"));
    TRYV(rows.bind(request_id, account));
    TRY(const bool found, rows.step());
    if (!found) return std::nullopt;
    const auto text = [&](int column) { return std::string(rows.text(column)); };
    const auto span = text(12);
    const auto span_parts = split(span, '-');
    const auto span_part = [&](std::size_t nth) {
        return std::string(nth < span_parts.size() ? span_parts[nth] : "");
    };
    return CallRecord{.request_id = request_id,
                      .service = text(0),
                      .function = text(1),
                      .version = text(2),
                      .trigger = text(3),
                      .start = WallTime(Micros(rows.integer(4))),
                      .duration = Micros(rows.integer(5)),
                      .billed = Micros(rows.integer(6)),
                      .memory_mb = static_cast<int>(rows.integer(7)),
                      .memory_bytes_peak = rows.integer(8),
                      .cold = rows.integer(9) != 0,
                      .outcome = text(10),
                      .trace_id = span_part(0),
                      .span_id = span_part(1),
                      .parent_id = span_part(2),
                      .course = text(11)};
}

Result<void> write_batch(store::Db& db, Batch& batch, std::size_t kept) {
    TRY(auto* insert,
        db.cached(
            "INSERT INTO entry (request_id, account, service, function, version, trigger, start_us,"
            " duration_us, billed_us, memory_mb, memory_bytes_peak, cold, outcome, course, span)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
    batch.sums = batch.more;
    for (const auto& e : batch.entries) TRYV(write_entry(*insert, e));
    for (const auto& [key, sum] : sums_of(batch.entries)) batch.sums[key] += sum;
    TRY(auto* add, db.cached("INSERT INTO hour (account, service, function, hour, invocations,"
                             " errors, cold, billed_us, mb_us, run_us, run_mb_us)"
                             " VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
                             " invocations = invocations + excluded.invocations,"
                             " errors = errors + excluded.errors, cold = cold + excluded.cold,"
                             " billed_us = billed_us + excluded.billed_us,"
                             " mb_us = mb_us + excluded.mb_us,"
                             " run_us = run_us + excluded.run_us,"
                             " run_mb_us = run_mb_us + excluded.run_mb_us"));
    for (const auto& [key, s] : batch.sums) {
        TRYV(add->run(key.account, key.service, key.function, key.hour, s.invocations, s.errors,
                      s.cold, s.billed_us, s.mb_us, s.run_us, s.run_mb_us));
    }
    TRY(auto* trim, db.cached("DELETE FROM entry WHERE id <= (SELECT max(id) FROM entry) - ?"));
    return trim->run(static_cast<std::int64_t>(kept));
}

}  // namespace mayfly::meter
