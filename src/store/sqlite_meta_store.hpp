// MetaStore in one SQLite file: the engine of a single machine.
#pragma once

#include "store/meta_store.hpp"
#include "store/writer.hpp"

#include <filesystem>

namespace mayfly::store {

// Writes go through a Writer of its own. Reads are made at once on the loop thread from a second
// connection: configuration is small, in the page cache, and read at start.
class SqliteMetaStore final : public MetaStore {
public:
    // Opens or makes the file and brings its schema up to date. Blocks.
    static Result<std::unique_ptr<SqliteMetaStore>> open(const std::filesystem::path& file,
                                                         boost::asio::any_io_executor loop);

    Task<Result<std::optional<MetaEntry>>> get(std::string key) override;
    Task<Result<MetaRevision>> put(std::string key, std::string value,
                                   MetaRevision expected) override;
    Task<Result<void>> remove(std::string key, MetaRevision expected) override;
    Task<Result<std::vector<MetaEntry>>> list(std::string prefix) override;
    Watch watch(std::string prefix, std::function<void(const MetaChange&)> heard) override;

private:
    struct Watcher {
        std::string prefix;
        std::function<void(const MetaChange&)> heard;
    };

    SqliteMetaStore(Db read, Db write, boost::asio::any_io_executor loop)
        : read_(std::move(read)), writer_(std::move(write), std::move(loop)) {}

    void tell(const MetaChange& change);

    Db read_;
    std::vector<std::weak_ptr<Watcher>> watchers_;
    Writer writer_;
};

}  // namespace mayfly::store
