// Private to the SQLite queue: its schema, and rows as values.
#pragma once

#include "queue/task_queue.hpp"
#include "store/db.hpp"
#include "store/writer.hpp"

#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

namespace mayfly::queue {

// In the order of migration. Times are microseconds since 1970, UTC.
std::span<const char* const> schema();

// A body up to this size lies in its task's row, so that a put is one statement; a larger one in a
// row of its own, which the changes of its task do not touch.
inline constexpr std::size_t kInlineBytes = 1024;

inline std::int64_t micros(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime wall(std::int64_t t) { return WallTime(Micros(t)); }

// One more than the last text that begins so, in SQLite's order of bytes.
std::string after_prefix(const std::string& prefix);

// conflict (TaskAlreadyExists).
Result<void> insert(store::Db& db, const NewTask& task);
inline bool is_one_statement(const NewTask& task) { return task.body.size() <= kInlineBytes; }

Result<LeaseResult> lease(store::Db& db, const LeaseWish& wish);

// One more than the page has, if there is one.
Result<std::vector<Item>> items(store::Db& db, const ListWish& wish);

// The first of which `where` is true, with one or two texts as its parameters. not_found, naming
// `wanted`.
Result<Item> item(store::Db& db, const char* where, const std::string& one, const std::string& two,
                  const std::string& wanted);

// Runs `job` on the reading thread and gives what it returned. `job` owns what it uses.
template <class Job>
auto read_on(store::Writer& reader, Job job) -> Task<std::invoke_result_t<Job&, store::Db&>> {
    using Answer = std::invoke_result_t<Job&, store::Db&>;
    const auto answer = std::make_shared<std::optional<Answer>>();
    CO_TRYV(co_await reader.commit_one([answer, job = std::move(job)](store::Db& db) mutable {
        answer->emplace(job(db));
        return Result<void>();
    }));
    co_return *std::move(*answer);
}

}  // namespace mayfly::queue
