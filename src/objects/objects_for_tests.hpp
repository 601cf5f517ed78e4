// For tests: a store in a folder of its own, and short ways to use it.
#pragma once

#include "io/run_for_tests.hpp"
#include "objects/store.hpp"

#include <memory>
#include <string>

namespace mayfly::objects {

class StoreForTests {
public:
    StoreForTests() { open(); }

    void open() {
        store = nullptr;
        pool = std::make_unique<io::BlockingPool>(2);
        auto opened =
            Store::open(folder.path() / "objects", loop.get_executor(), *pool, clock, rng, log);
        CHECK(opened.has_value());
        store = std::move(*opened);
    }
    ~StoreForTests() { pool = nullptr; }  // its jobs use the store

    template <class T>
    T run(Task<T> task) {
        return io::run_task(loop, std::move(task));
    }
    Result<Body> body(std::string bytes, const std::vector<std::string>& sums = {"md5"}) {
        return run(take(store->begin(sums), std::move(bytes)));
    }
    Result<Object> put(const std::string& key, const std::string& bytes, PutOrder more = {}) {
        auto taken = body(bytes);
        CHECK(taken.has_value());
        more.bucket = "b";
        more.key = key;
        more.body = std::move(*taken);
        return run(store->put(std::move(more)));
    }
    Result<std::string> get(const std::string& key, const WantedVersion& version = {}) {
        TRY(const auto object, store->find("b", key, version));
        TRY(auto reading, store->read(*object, {0, object->size}));
        return run(all(std::move(reading)));
    }
    static Task<Result<void>> add(Incoming& incoming, std::string bytes) {
        co_return co_await incoming.add(bytes);
    }
    void make_bucket() { CHECK(run(store->make_bucket("1", "b", Acl::closed)).has_value()); }

    io::TestFolder folder;
    boost::asio::io_context loop;
    SystemClock clock;
    SeededRng rng{1};
    Log log{Level::error};
    std::unique_ptr<Store> store;
    std::unique_ptr<io::BlockingPool> pool;

private:
    static Task<Result<Body>> take(Incoming incoming, std::string bytes) {
        CO_TRYV(co_await incoming.add(bytes));
        co_return co_await incoming.finish();
    }
    static Task<Result<std::string>> all(Reading reading) {
        std::string bytes;
        for (;;) {
            CO_TRY(const auto piece, co_await reading.next());
            if (piece.empty()) co_return bytes;
            bytes += piece;
        }
    }
};

}  // namespace mayfly::objects
