// What becomes of closed tasks: shown in groups, driven again, dropped, forgotten.
#include "queue/rows.hpp"
#include "queue/sqlite_task_queue.hpp"

#include <fmt/format.h>
#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace mayfly::queue {

namespace {

using store::Db;

constexpr std::size_t kBatch = 500;  // rows changed by one job: others wait for no more

struct DeadRow {
    std::int64_t n;
    std::string lane;
};

// The oldest ones first.
Result<std::vector<DeadRow>> some_dead(Db& db, const DeadWish& wish, std::size_t most) {
    TRY(auto* find,
        db.cached("SELECT n, lane FROM task WHERE state >= 2 AND state = 4 AND lane >= ?1 AND "
                  "lane < ?2 AND (?3 = '' OR signature = ?3) AND (?4 = '' OR id = ?4) ORDER BY due "
                  "LIMIT ?5"));
    TRYV(find->bind(wish.lane_prefix, after_prefix(wish.lane_prefix), wish.signature, wish.id,
                    static_cast<std::int64_t>(most)));
    std::vector<DeadRow> rows;
    for (;;) {
        TRY(const bool row, find->step());
        if (!row) break;
        rows.push_back({find->integer(0), std::string(find->text(1))});
    }
    find->rewind();
    return rows;
}

Result<void> remove(Db& db, std::int64_t n) {
    TRY(auto* task, db.cached("DELETE FROM task WHERE n = ? AND state >= 2"));
    TRYV(task->run(n));
    if (db.changes() == 0) return {};  // somebody drives it again
    TRY(auto* body, db.cached("DELETE FROM payload WHERE n = ?"));
    return body->run(n);
}

// The oldest closed tasks beyond what `keep` allows.
Result<void> add_excess(Db& db, const char* states, WallTime now, const Keep& keep,
                        std::vector<std::int64_t>& excess) {
    TRY(auto sum, db.prepare(fmt::format(
                      "SELECT coalesce(sum(bytes), 0) FROM task WHERE state >= 2 AND {}", states)));
    TRYV(sum.step());
    auto bytes = sum.integer(0);
    TRY(auto find, db.prepare(fmt::format("SELECT n, due, bytes FROM task WHERE state >= 2 AND {} "
                                          "ORDER BY due LIMIT {}",
                                          states, kBatch)));
    for (;;) {
        TRY(const bool row, find.step());
        if (!row || (bytes <= keep.bytes && wall(find.integer(1)) >= now - keep.age)) return {};
        bytes -= find.integer(2);
        excess.push_back(find.integer(0));
    }
}

}  // namespace

Task<Result<std::vector<DeadGroup>>> SqliteTaskQueue::dead_groups(std::string prefix) {
    co_return co_await read_on(reader_, [prefix](Db& db) -> Result<std::vector<DeadGroup>> {
        TRY(auto find,
            db.prepare(
                "SELECT lane, cause, signature, many, oldest, newest, (SELECT t.id FROM task "
                "t WHERE t.n = last) FROM (SELECT lane, cause, signature, count(*) AS many, "
                "min(due) AS oldest, max(due) AS newest, max(n) AS last FROM task WHERE "
                "state >= 2 AND state = 4 AND lane >= ?1 AND lane < ?2 GROUP BY lane, "
                "cause, signature) ORDER BY newest DESC LIMIT 1000"));
        TRYV(find.bind(prefix, after_prefix(prefix)));
        std::vector<DeadGroup> groups;
        for (;;) {
            TRY(const bool row, find.step());
            if (!row) return groups;
            groups.push_back({std::string(find.text(0)), std::string(find.text(1)),
                              std::string(find.text(2)), find.integer(3), wall(find.integer(4)),
                              wall(find.integer(5)), std::string(find.text(6))});
        }
    });
}

Task<Result<std::int64_t>> SqliteTaskQueue::redrive(DeadWish wish, WallTime now, Micros gap) {
    std::int64_t total = 0;
    for (;;) {
        const auto most = std::min(kBatch, wish.limit - static_cast<std::size_t>(total));
        const auto rows = std::make_shared<std::vector<DeadRow>>();
        CO_TRYV(co_await writer_.commit([=](Db& db) -> Result<void> {
            TRY(*rows, some_dead(db, wish, most));
            TRY(auto* again,
                db.cached("UPDATE task SET state = 0, due = ?1, first_due = ?1, attempts = 0, "
                          "failures = 0, refusals = 0, stop = 0, cause = '', signature = '', "
                          "bytes = bytes - length(coalesce(result, x'')), result = NULL WHERE n = "
                          "?2"));
            auto due = now + gap * total;
            for (const auto& row : *rows) {
                TRYV(again->run(micros(due), row.n));
                due += gap;
            }
            return {};
        }));
        open_ += static_cast<std::int64_t>(rows->size());
        for (const auto& row : *rows) tell(row.lane, now);
        total += static_cast<std::int64_t>(rows->size());
        if (rows->size() < kBatch || static_cast<std::size_t>(total) >= wish.limit) co_return total;
    }
}

Task<Result<std::int64_t>> SqliteTaskQueue::drop(DeadWish wish) {
    std::int64_t total = 0;
    for (;;) {
        const auto most = std::min(kBatch, wish.limit - static_cast<std::size_t>(total));
        const auto count = std::make_shared<std::size_t>();
        CO_TRYV(co_await writer_.commit([=](Db& db) -> Result<void> {
            TRY(const auto rows, some_dead(db, wish, most));
            for (const auto& row : rows) TRYV(remove(db, row.n));
            *count = rows.size();
            return {};
        }));
        total += static_cast<std::int64_t>(*count);
        if (*count < kBatch || static_cast<std::size_t>(total) >= wish.limit) co_return total;
    }
}

Task<Result<bool>> SqliteTaskQueue::trim(WallTime now, Keep closed, Keep dead) {
    CO_TRY(const auto excess,
           co_await read_on(reader_, [=](Db& db) -> Result<std::vector<std::int64_t>> {
               std::vector<std::int64_t> found;
               TRYV(add_excess(db, "state < 4", now, closed, found));
               TRYV(add_excess(db, "state = 4", now, dead, found));
               return found;
           }));
    if (excess.empty()) co_return false;
    CO_TRYV(co_await writer_.commit([excess](Db& db) -> Result<void> {
        for (const auto n : excess) TRYV(remove(db, n));
        return {};
    }));
    co_return excess.size() >= kBatch;
}

}  // namespace mayfly::queue
