// Connections for reading the index on threads of the pool: each is lent to one job at a time.
#pragma once

#include "store/db.hpp"

#include <filesystem>
#include <mutex>
#include <vector>

namespace mayfly::objects {

// Any thread. It keeps as many connections as were ever lent at once, bounded by the pool's
// threads.
class Readers {
public:
    explicit Readers(std::filesystem::path file) : file_(std::move(file)) {}

    // What `job(db)` returns, a Result; or why the file cannot be opened.
    template <class Job>
    std::invoke_result_t<Job&, store::Db&> with(Job job) const {
        TRY(auto db, take());
        auto answer = job(db);
        const std::lock_guard lock(mutex_);
        free_.push_back(std::move(db));
        return answer;
    }

private:
    Result<store::Db> take() const {
        {
            const std::lock_guard lock(mutex_);
            if (!free_.empty()) {
                auto db = std::move(free_.back());
                free_.pop_back();
                return db;
            }
        }
        return store::Db::open(file_);
    }

    std::filesystem::path file_;
    mutable std::mutex mutex_;
    mutable std::vector<store::Db> free_;
};

}  // namespace mayfly::objects
