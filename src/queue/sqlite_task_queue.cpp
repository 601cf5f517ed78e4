#include "queue/sqlite_task_queue.hpp"

#include "queue/rows.hpp"

#include <fmt/format.h>
#include <boost/asio/any_io_executor.hpp>

#include <algorithm>
#include <memory>

namespace mayfly::queue {

namespace {

using store::Db;

constexpr const char* kInterrupted =
    R"({"outcome":"interrupted","what":"the server ended while it ran"})"
    "\n";

std::string line(const std::string& note) { return note.empty() ? note : note + "\n"; }

Failure no_lease() {
    return fail(Kind::conflict, "the lease is over: someone else may hold the task", "LeaseOver");
}

// Ends the statement's rows and gives the first row's columns as text and number.
struct Changed {
    std::string lane;
    State state;
    std::int64_t due;
};
Result<std::optional<Changed>> first(store::Statement& s) {
    TRY(const bool row, s.step());
    std::optional<Changed> changed;
    if (row) changed = {std::string(s.text(0)), static_cast<State>(s.integer(1)), s.integer(2)};
    s.rewind();
    return changed;
}

}  // namespace

SqliteTaskQueue::SqliteTaskQueue(Db write, Db read, boost::asio::any_io_executor loop,
                                 Options options, std::int64_t open)
    : options_(options),
      open_(open),
      reader_(std::move(read), loop, {.waiting_max = 1000, .group_max = 8, .reads_only = true}),
      writer_(std::move(write), std::move(loop)) {}

Result<std::unique_ptr<SqliteTaskQueue>> SqliteTaskQueue::open(const std::filesystem::path& file,
                                                               boost::asio::any_io_executor loop,
                                                               WallTime now, Options options) {
    TRY(auto write, Db::open(file));
    TRYV(write.migrate(schema()));
    // Fewer, longer checkpoints: each waits for the disk while everybody waits for it.
    TRYV(write.run("PRAGMA wal_autocheckpoint=8000; PRAGMA cache_size=-16000;"));
    {
        TRY(auto again, write.prepare("UPDATE task SET state = CASE WHEN stop THEN 3 ELSE 0 END, "
                                      "due = ?, story = story || ? WHERE state = 1"));
        TRYV(again.run(micros(now), kInterrupted));
    }
    TRY(auto read, Db::open(file));
    TRY(auto count, read.prepare("SELECT count(*) FROM task WHERE state = 0"));
    TRYV(count.step());
    const auto waiting = count.integer(0);
    count.rewind();
    return std::unique_ptr<SqliteTaskQueue>(
        new SqliteTaskQueue(std::move(write), std::move(read), std::move(loop), options, waiting));
}

Task<Result<void>> SqliteTaskQueue::put(NewTask wanted) {
    if (open_ >= options_.open_max)
        co_return fail(Kind::busy,
                       fmt::format("{} events wait already, as many as may; retry when some are "
                                   "done, or stop some",
                                   open_),
                       "ResourceExhausted");
    const bool one = is_one_statement(wanted);
    const auto task = std::make_shared<NewTask>(std::move(wanted));
    store::Writer::Job job = [task](Db& db) { return insert(db, *task); };
    CO_TRYV(co_await (one ? writer_.commit_one(std::move(job)) : writer_.commit(std::move(job))));
    ++open_;
    tell(task->lane, task->due);
    co_return Result<void>();
}

Task<Result<LeaseResult>> SqliteTaskQueue::lease(LeaseWish wish) {
    const auto result = std::make_shared<LeaseResult>();
    CO_TRYV(co_await writer_.commit([result, wish = std::move(wish)](Db& db) -> Result<void> {
        TRY(*result, queue::lease(db, wish));
        return {};
    }));
    co_return std::move(*result);
}

Task<Result<void>> SqliteTaskQueue::ack(Ref ref, Ending ending) {
    return close(State::done, ref, std::move(ending));
}

Task<Result<void>> SqliteTaskQueue::dead(Ref ref, Ending ending) {
    return close(State::dead, ref, std::move(ending));
}

Task<Result<void>> SqliteTaskQueue::close(State state, Ref ref, Ending wanted) {
    struct Shared {
        Ending ending;
        bool stopped = false;
    };
    const auto shared = std::make_shared<Shared>(Shared{std::move(wanted)});
    const bool one = shared->ending.caused.empty();
    store::Writer::Job job = [shared, state, ref](Db& db) -> Result<void> {
        const auto& e = shared->ending;
        TRY(auto* close,
            db.cached("UPDATE task SET state = CASE WHEN stop THEN 3 ELSE ?1 END, due = ?2,"
                      " cause = ?3, signature = ?4, result = ?5, bytes = bytes + ?6,"
                      " story = CASE WHEN length(story) < 16000 THEN story || ?7 ELSE story END,"
                      " refusals = 0 WHERE n = ?8 AND lease = ?9 AND state = 1"
                      " RETURNING lane, state, due"));
        TRYV(close->bind(static_cast<int>(state), micros(e.at), e.cause, e.signature,
                         store::blob(e.result), static_cast<std::int64_t>(e.result.size()),
                         line(e.note), ref.n, ref.lease));
        TRY(const auto changed, first(*close));
        if (!changed) return no_lease();
        shared->stopped = changed->state == State::stopped;
        if (shared->stopped) return {};  // nothing follows from what was stopped
        for (const auto& task : e.caused) TRYV(insert(db, task));
        return {};
    };
    CO_TRYV(co_await (one ? writer_.commit_one(std::move(job)) : writer_.commit(std::move(job))));
    --open_;
    if (shared->stopped) co_return Result<void>();
    open_ += static_cast<std::int64_t>(shared->ending.caused.size());
    for (const auto& task : shared->ending.caused) tell(task.lane, task.due);
    co_return Result<void>();
}

Task<Result<void>> SqliteTaskQueue::nack(Ref ref, Again wanted) {
    struct Shared {
        Again again;
        std::optional<Changed> changed;
    };
    const auto shared = std::make_shared<Shared>(Shared{std::move(wanted), {}});
    CO_TRYV(co_await writer_.commit_one([shared, ref](Db& db) -> Result<void> {
        const auto& a = shared->again;
        const int refused = a.why == Again::Why::refused;
        TRY(auto* wait,
            db.cached("UPDATE task SET state = CASE WHEN stop THEN 3 ELSE 0 END, due = ?1,"
                      " attempts = attempts - ?2, failures = failures + 1 - ?2,"
                      " refusals = CASE WHEN ?2 THEN refusals + 1 ELSE 0 END,"
                      " story = CASE WHEN length(story) < 16000 THEN story || ?3 ELSE story END"
                      " WHERE n = ?4 AND lease = ?5 AND state = 1 RETURNING lane, state, due"));
        TRYV(wait->bind(micros(a.due), refused, line(a.note), ref.n, ref.lease));
        TRY(shared->changed, first(*wait));
        if (!shared->changed) return no_lease();
        return {};
    }));
    const auto& changed = *shared->changed;
    if (changed.state == State::waiting) tell(changed.lane, wall(changed.due));
    else --open_;
    co_return Result<void>();
}

Task<Result<void>> SqliteTaskQueue::extend(std::vector<Ref> refs, WallTime until) {
    co_return co_await writer_.commit([refs = std::move(refs), until](Db& db) -> Result<void> {
        TRY(auto* longer,
            db.cached("UPDATE task SET due = ? WHERE n = ? AND lease = ? AND state = 1"));
        for (const auto& ref : refs) TRYV(longer->run(micros(until), ref.n, ref.lease));
        return {};
    });
}

Task<Result<void>> SqliteTaskQueue::expire(WallTime now) {
    const auto over = std::make_shared<std::vector<Changed>>();
    CO_TRYV(co_await writer_.commit_one([over, now](Db& db) -> Result<void> {
        TRY(auto* again, db.cached("UPDATE task SET state = CASE WHEN stop THEN 3 ELSE 0 END "
                                   "WHERE state = 1 AND due <= ? RETURNING lane, state, due"));
        TRYV(again->bind(micros(now)));
        for (;;) {
            TRY(const bool row, again->step());
            if (!row) break;
            over->push_back({std::string(again->text(0)), static_cast<State>(again->integer(1)),
                             again->integer(2)});
        }
        again->rewind();
        return {};
    }));
    for (const auto& changed : *over) {
        if (changed.state == State::waiting) tell(changed.lane, wall(changed.due));
        else --open_;
    }
    co_return Result<void>();
}

Task<Result<std::vector<TaskQueue::Lane>>> SqliteTaskQueue::lanes() {
    // Jumps from lane to lane along the index, however many tasks each has.
    co_return co_await read_on(reader_, [](Db& db) -> Result<std::vector<Lane>> {
        TRY(auto find,
            db.prepare("WITH RECURSIVE l (lane) AS (SELECT min(lane) FROM task WHERE state = 0 "
                       "UNION ALL SELECT (SELECT min(t.lane) FROM task t WHERE t.state = 0 AND "
                       "t.lane > l.lane) FROM l WHERE l.lane IS NOT NULL) SELECT lane, (SELECT "
                       "min(t.due) FROM task t WHERE t.state = 0 AND t.lane = l.lane) FROM l "
                       "WHERE lane IS NOT NULL"));
        std::vector<Lane> lanes;
        for (;;) {
            TRY(const bool row, find.step());
            if (!row) return lanes;
            lanes.push_back({std::string(find.text(0)), wall(find.integer(1))});
        }
    });
}

Task<Result<Item>> SqliteTaskQueue::get(std::string id) {
    co_return co_await read_on(reader_, [id](Db& db) { return item(db, "id = ?1", id, "", id); });
}

Task<Result<Item>> SqliteTaskQueue::find(std::string lane, std::string dedup) {
    co_return co_await read_on(reader_, [lane, dedup](Db& db) {
        return item(db, "lane = ?1 AND dedup = ?2 AND dedup IS NOT NULL", lane, dedup, dedup);
    });
}

Task<Result<ItemPage>> SqliteTaskQueue::list(ListWish wish) {
    const auto limit = std::min<std::size_t>(wish.limit, 1000);
    CO_TRY(auto found, co_await read_on(reader_, [wish](Db& db) { return items(db, wish); }));
    ItemPage page{.items = std::move(found)};
    if (page.items.size() > limit) {
        page.items.resize(limit);
        if (limit > 0) page.next = page.items.back().n;
    }
    co_return page;
}

Task<Result<Counts>> SqliteTaskQueue::counts(std::string prefix) {
    co_return co_await read_on(reader_, [prefix](Db& db) -> Result<Counts> {
        const auto count = [&](const char* where) -> Result<std::int64_t> {
            TRY(auto find, db.prepare(fmt::format("SELECT count(*) FROM task WHERE {} AND lane >= "
                                                  "?1 AND lane < ?2",
                                                  where)));
            TRYV(find.bind(prefix, after_prefix(prefix)));
            TRYV(find.step());
            return find.integer(0);
        };
        Counts counts;
        TRY(counts.waiting, count("state = 0"));
        TRY(counts.leased, count("state = 1"));
        TRY(counts.dead, count("state >= 2 AND state = 4"));
        return counts;
    });
}

Task<Result<State>> SqliteTaskQueue::cancel(std::string id, WallTime now) {
    const auto state = std::make_shared<State>(State::stopped);
    CO_TRYV(co_await writer_.commit([state, id, now](Db& db) -> Result<void> {
        TRY(auto* stop, db.cached("UPDATE task SET state = 3, stop = 1, due = ? WHERE id = ? AND "
                                  "state = 0"));
        TRYV(stop->run(micros(now), id));
        if (db.changes() == 1) return {};
        TRY(auto* mark, db.cached("UPDATE task SET stop = 1 WHERE id = ? AND state = 1"));
        TRYV(mark->run(id));
        if (db.changes() == 1) {
            *state = State::leased;
            return {};
        }
        TRY(const auto known, item(db, "id = ?1", id, "", id));
        return fail(Kind::conflict,
                    fmt::format("'{}' has ended already: it is {}", id, to_text(known.state)),
                    "TaskClosed");
    }));
    if (*state == State::stopped) --open_;
    co_return *state;
}

}  // namespace mayfly::queue
