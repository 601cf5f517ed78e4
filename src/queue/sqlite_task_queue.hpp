// TaskQueue in one SQLite file: the engine of a single machine.
#pragma once

#include "queue/task_queue.hpp"
#include "store/writer.hpp"

#include <filesystem>
#include <memory>

namespace mayfly::queue {

// One process uses the file. Its own thread writes; another reads, so that a long list holds up no
// promise.
class SqliteTaskQueue final : public TaskQueue {
public:
    struct Options {
        std::int64_t open_max = 10'000'000;  // waiting or leased; beyond it put() answers busy
    };

    // Opens or makes the file and brings its schema up to date. What an earlier process held leased
    // waits again from `now` on: nobody else can hold it. Blocks.
    static Result<std::unique_ptr<SqliteTaskQueue>> open(const std::filesystem::path& file,
                                                         boost::asio::any_io_executor loop,
                                                         WallTime now, Options options);

    void on_waiting(Heard heard) override { heard_ = std::move(heard); }
    Task<Result<void>> put(NewTask task) override;
    Task<Result<LeaseResult>> lease(LeaseWish wish) override;
    Task<Result<void>> ack(Ref ref, Ending ending) override;
    Task<Result<void>> dead(Ref ref, Ending ending) override;
    Task<Result<void>> nack(Ref ref, Again again) override;
    Task<Result<void>> extend(std::vector<Ref> refs, WallTime until) override;
    Task<Result<void>> expire(WallTime now) override;
    Task<Result<std::vector<Lane>>> lanes() override;
    Task<Result<Item>> get(std::string id) override;
    Task<Result<Item>> find(std::string lane, std::string dedup) override;
    Task<Result<ItemPage>> list(ListWish wish) override;
    Task<Result<Counts>> counts(std::string lane_prefix) override;
    Task<Result<State>> cancel(std::string id, WallTime now) override;
    Task<Result<std::vector<DeadGroup>>> dead_groups(std::string lane_prefix) override;
    Task<Result<std::int64_t>> redrive(DeadWish wish, WallTime now, Micros gap) override;
    Task<Result<std::int64_t>> drop(DeadWish wish) override;
    Task<Result<bool>> trim(WallTime now, Keep closed, Keep dead) override;

private:
    SqliteTaskQueue(store::Db write, store::Db read, boost::asio::any_io_executor loop,
                    Options options, std::int64_t open);

    Task<Result<void>> close(State state, Ref ref, Ending ending);
    void tell(const std::string& lane, WallTime due) const {
        if (heard_) heard_(lane, due);
    }

    const Options options_;
    std::int64_t open_;  // tasks that have not ended
    Heard heard_;
    store::Writer reader_;
    store::Writer writer_;
};

}  // namespace mayfly::queue
