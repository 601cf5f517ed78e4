// For tests: a catalog on a folder of its own, and what is put into it.
#pragma once

#include "catalog/catalog.hpp"
#include "catalog/zip_for_tests.hpp"
#include "io/run_for_tests.hpp"
#include "store/sqlite_meta_store.hpp"

#include <gtest/gtest.h>

namespace mayfly::catalog {

namespace fs = std::filesystem;
inline const AccountId account = "1000000000000001";

struct FixedClock final : Clock {
    Time now() const override { return {}; }
    WallTime wall() const override { return WallTime(Seconds(1'700'000'000)); }
};

inline std::string zip_of(const std::string& content) {
    return ZipForTests().file("index.py", content).bytes();
}

inline FunctionChange function_change(const std::string& content) {
    FunctionChange change;
    change.runtime = "python3";
    change.handler = "index.handler";
    change.zip = zip_of(content);
    return change;
}

template <class T>
std::string code(const Result<T>& r) {
    return r ? "ok" : r.error().code;
}

class CatalogTest : public testing::Test {
protected:
    CatalogTest() { start(); }

    // As a restart of the process would do it.
    void start() {
        catalog_.reset();
        meta_.reset();
        meta_ =
            store::SqliteMetaStore::open(home_.path() / "meta.db", loop_.get_executor()).value();
        catalog_.emplace(Catalog::Options{.code_folder = home_.path() / "code", .package = {}},
                         *meta_, blobs_, *pool_, clock_, rng_, log_);
        catalog_->on_retired([this](FunctionId id) { retired_.push_back(id); });
        CHECK(run(catalog_->load()));
    }

    template <class T>
    T run(Task<T> task) {
        return io::run_task(loop_, std::move(task));
    }
    Result<Function> create(const std::string& name, const std::string& content) {
        return run(catalog_->create_function(account, "demo", name, function_change(content)));
    }
    Result<Route> route(const std::string& function, const std::string& qualifier = "") {
        return catalog_->route(
            {.account = account, .service = "demo", .qualifier = qualifier, .function = function});
    }
    void create_demo() { ASSERT_TRUE(run(catalog_->create_service(account, "demo", {}))); }

    // Waits until the pool has done what was left to it.
    std::size_t code_folders() {
        pool_.emplace(1);
        std::size_t n = 0;
        for (const auto& entry : fs::directory_iterator(home_.path() / "code"))
            n += entry.is_directory();
        return n;
    }

    io::TestFolder home_;
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
    FixedClock clock_;
    SeededRng rng_{1};
    Log log_{Level::error};
    std::optional<io::BlockingPool> pool_{std::in_place, 2};
    store::FileBlobs blobs_ = store::FileBlobs::open(home_.path() / "blobs").value();
    std::unique_ptr<store::SqliteMetaStore> meta_;
    std::vector<FunctionId> retired_;
    std::optional<Catalog> catalog_;
};

}  // namespace mayfly::catalog
