#include "queue/rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace mayfly::queue {

namespace {

constexpr const char* steps[] = {
    // due: of a waiting task its moment, of a leased one the end of its lease, else when it ended.
    "CREATE TABLE task (n INTEGER PRIMARY KEY, id TEXT NOT NULL, lane TEXT NOT NULL, dedup TEXT,"
    " state INTEGER NOT NULL, due INTEGER NOT NULL, lease INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,"
    " refusals INTEGER NOT NULL DEFAULT 0, stop INTEGER NOT NULL DEFAULT 0,"
    " accepted INTEGER NOT NULL, first_due INTEGER NOT NULL, kind TEXT NOT NULL,"
    " bytes INTEGER NOT NULL, cause TEXT NOT NULL DEFAULT '', signature TEXT NOT NULL DEFAULT '',"
    " head TEXT NOT NULL, story TEXT NOT NULL DEFAULT '', body BLOB, result BLOB);"
    "CREATE TABLE payload (n INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE UNIQUE INDEX task_id ON task (id);"
    "CREATE UNIQUE INDEX task_dedup ON task (lane, dedup) WHERE dedup IS NOT NULL;"
    "CREATE INDEX task_waiting ON task (lane, due) WHERE state = 0;"
    "CREATE INDEX task_leased ON task (due) WHERE state = 1;"
    "CREATE INDEX task_closed ON task (state, due, bytes) WHERE state >= 2;"
    "CREATE INDEX task_lane ON task (lane);",
};

Result<void> bind_all(store::Statement& s, const std::vector<std::int64_t>& numbers,
                      const std::vector<std::string>& texts) {
    TRYV(s.bind());
    int at = 0;
    for (const auto& text : texts) TRYV(s.bind_at(++at, text));
    for (const auto number : numbers) TRYV(s.bind_at(++at, number));
    return {};
}

constexpr std::string_view kShown =
    "SELECT n, id, lane, coalesce(dedup, ''), state, due, attempts, failures, stop, accepted,"
    " kind, cause, signature, head, story";

Item shown(const store::Statement& row, bool bodies) {
    Item item{.n = row.integer(0),
              .id = std::string(row.text(1)),
              .lane = std::string(row.text(2)),
              .dedup = std::string(row.text(3)),
              .kind = std::string(row.text(10)),
              .head = std::string(row.text(13)),
              .story = std::string(row.text(14)),
              .cause = std::string(row.text(11)),
              .signature = std::string(row.text(12)),
              .state = static_cast<State>(row.integer(4)),
              .stopping = row.integer(8) != 0 && row.integer(4) == 1,
              .accepted = wall(row.integer(9)),
              .due = wall(row.integer(5)),
              .attempts = static_cast<int>(row.integer(6)),
              .failures = static_cast<int>(row.integer(7))};
    if (bodies) {
        item.body = row.text(15);
        item.result = row.text(16);
    }
    return item;
}

constexpr std::string_view kBodies =
    ", coalesce(body, (SELECT p.body FROM payload p WHERE p.n = task.n), x''),"
    " coalesce(result, x'')";

}  // namespace

std::span<const char* const> schema() { return steps; }

std::string_view to_text(State state) {
    switch (state) {
        case State::waiting: return "waiting";
        case State::leased: return "running";
        case State::done: return "done";
        case State::stopped: return "stopped";
        case State::dead: return "dead";
    }
    return "dead";
}

std::string after_prefix(const std::string& prefix) { return prefix + "\xff\xff"; }

Result<void> insert(store::Db& db, const NewTask& task) {
    const bool whole = is_one_statement(task);
    TRY(auto* put,
        db.cached("INSERT INTO task (id, lane, dedup, state, due, accepted, first_due, kind, bytes,"
                  " head, body) VALUES (?1, ?2, nullif(?3, ''), 0, ?4, ?5, ?4, ?6, ?7, ?8,"
                  " CASE WHEN ?10 THEN ?9 END)"));
    const auto bytes = static_cast<std::int64_t>(task.head.size() + task.body.size());
    const auto done =
        put->run(task.id, task.lane, task.dedup, micros(task.due), micros(task.accepted), task.kind,
                 bytes, task.head, store::blob(whole ? task.body : ""), whole ? 1 : 0);
    if (!done && done.error().kind == Kind::conflict)
        return fail(
            Kind::conflict,
            fmt::format("'{}' has been taken already", task.dedup.empty() ? task.id : task.dedup),
            "TaskAlreadyExists");
    if (!done || whole) return done;
    TRY(auto* put_body, db.cached("INSERT INTO payload VALUES (last_insert_rowid(), ?)"));
    return put_body->run(store::blob(task.body));
}

Result<LeaseResult> lease(store::Db& db, const LeaseWish& wish) {
    LeaseResult result;
    TRY(auto* find,
        db.cached("SELECT n, lease, id, coalesce(dedup, ''), kind, head, coalesce(body, (SELECT "
                  "p.body FROM payload p WHERE p.n = task.n)), accepted, first_due, attempts, "
                  "failures, refusals FROM task WHERE state = 0 AND lane = ? AND due <= ? "
                  "ORDER BY due, n LIMIT ?"));
    TRYV(find->bind(wish.lane, micros(wish.now), static_cast<std::int64_t>(wish.count)));
    for (;;) {
        TRY(const bool row, find->step());
        if (!row) break;
        result.tasks.push_back({.ref = {find->integer(0), find->integer(1) + 1},
                                .id = std::string(find->text(2)),
                                .lane = wish.lane,
                                .dedup = std::string(find->text(3)),
                                .kind = std::string(find->text(4)),
                                .head = std::string(find->text(5)),
                                .body = std::string(find->text(6)),
                                .accepted = wall(find->integer(7)),
                                .first_due = wall(find->integer(8)),
                                .attempts = static_cast<int>(find->integer(9)) + 1,
                                .failures = static_cast<int>(find->integer(10)),
                                .refusals = static_cast<int>(find->integer(11))});
    }
    find->rewind();
    TRY(auto* take, db.cached("UPDATE task SET state = 1, due = ?, lease = lease + 1,"
                              " attempts = attempts + 1 WHERE n = ?"));
    for (const auto& task : result.tasks) TRYV(take->run(micros(wish.until), task.ref.n));
    TRY(auto* next, db.cached("SELECT min(due) FROM task WHERE state = 0 AND lane = ?"));
    TRYV(next->bind(wish.lane));
    TRYV(next->step());
    if (!next->is_null(0)) result.next_due = wall(next->integer(0));
    next->rewind();
    return result;
}

Result<std::vector<Item>> items(store::Db& db, const ListWish& wish) {
    std::string sql(kShown);
    if (wish.bodies) sql += kBodies;
    sql += " FROM task WHERE 1";
    std::vector<std::string> texts;
    std::vector<std::int64_t> numbers;
    const auto add_text = [&](std::string_view term, std::string value) {
        texts.push_back(std::move(value));
        sql += fmt::format(fmt::runtime(term), texts.size());
    };
    if (!wish.lane.empty()) add_text(" AND lane = ?{}", wish.lane);
    if (!wish.lane_prefix.empty()) {
        add_text(" AND lane >= ?{}", wish.lane_prefix);
        add_text(" AND lane < ?{}", after_prefix(wish.lane_prefix));
    }
    if (!wish.dedup_prefix.empty()) {
        add_text(" AND dedup >= ?{}", wish.dedup_prefix);
        add_text(" AND dedup < ?{}", after_prefix(wish.dedup_prefix));
    }
    if (!wish.kind.empty()) add_text(" AND kind = ?{}", wish.kind);
    if (!wish.signature.empty()) add_text(" AND signature = ?{}", wish.signature);
    if (wish.dedup_only) sql += " AND dedup IS NOT NULL";
    if (wish.callers_only) sql += " AND substr(dedup, 1, 1) <> '@'";
    if (!wish.states.empty()) {
        std::vector<int> states;
        for (const auto state : wish.states) states.push_back(static_cast<int>(state));
        sql += fmt::format(" AND state IN ({})", fmt::join(states, ","));
    }
    const auto add_number = [&](std::string_view term, std::int64_t value) {
        numbers.push_back(value);
        sql += fmt::format(fmt::runtime(term), texts.size() + numbers.size());
    };
    if (wish.since != WallTime::min()) add_number(" AND accepted >= ?{}", micros(wish.since));
    if (wish.until != WallTime::max()) add_number(" AND accepted < ?{}", micros(wish.until));
    if (wish.after != 0)
        add_number(wish.oldest_first ? " AND n > ?{}" : " AND n < ?{}", wish.after);
    sql += wish.oldest_first ? " ORDER BY n" : " ORDER BY n DESC";
    add_number(" LIMIT ?{}",
               static_cast<std::int64_t>(std::min<std::size_t>(wish.limit, 1000) + 1));
    TRY(auto find, db.prepare(sql));
    TRYV(bind_all(find, numbers, texts));
    std::vector<Item> found;
    for (;;) {
        TRY(const bool row, find.step());
        if (!row) break;
        found.push_back(shown(find, wish.bodies));
    }
    return found;
}

Result<Item> item(store::Db& db, const char* where, const std::string& one, const std::string& two,
                  const std::string& wanted) {
    TRY(auto find, db.prepare(fmt::format("{}{} FROM task WHERE {}", kShown, kBodies, where)));
    TRYV(bind_all(find, {}, two.empty() ? std::vector{one} : std::vector{one, two}));
    TRY(const bool row, find.step());
    if (row) return shown(find, true);
    return fail(
        Kind::not_found,
        fmt::format("no event '{}' is kept; old ones go when their time or room is over", wanted),
        "TaskNotFound");
}

}  // namespace mayfly::queue
