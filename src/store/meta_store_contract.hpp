// What every MetaStore must keep, as tests. An engine instantiates them with a fixture that makes
// empty stores and reopens the same one:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, MetaStoreContract, SqliteFixture);
// Fixture: MetaStore& open(boost::asio::io_context&); called again, it reopens what was there.
#pragma once

#include "io/run_for_tests.hpp"
#include "store/meta_store.hpp"

#include <gtest/gtest.h>

namespace mayfly::store {

template <class Fixture>
class MetaStoreContract : public testing::Test {
protected:
    template <class T>
    T run(Task<T> task) {
        return io::run_task(loop_, std::move(task));
    }
    boost::asio::io_context loop_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive_{
        loop_.get_executor()};
    Fixture fixture_;
};

TYPED_TEST_SUITE_P(MetaStoreContract);

TYPED_TEST_P(MetaStoreContract, WhatWasPutIsReadBackAfterReopening) {
    const std::string value("\0binary\xff", 8);
    auto* store = &this->fixture_.open(this->loop_);
    const auto revision = this->run(store->put("a/1", value, expect_absent));
    ASSERT_TRUE(revision);
    store = &this->fixture_.open(this->loop_);
    EXPECT_EQ(this->run(store->get("a/1")), (MetaEntry{"a/1", value, *revision}));
    EXPECT_EQ(this->run(store->get("a/2")).value(), std::nullopt);
}

TYPED_TEST_P(MetaStoreContract, AnUnexpectedRevisionIsAConflict) {
    auto& store = this->fixture_.open(this->loop_);
    const auto first = this->run(store.put("k", "1", expect_absent));
    EXPECT_EQ(this->run(store.put("k", "2", expect_absent)).error().kind, Kind::conflict);
    EXPECT_EQ(this->run(store.put("k", "2", *first + 1)).error().kind, Kind::conflict);
    const auto second = this->run(store.put("k", "2", *first));
    ASSERT_TRUE(second);
    EXPECT_EQ(this->run(store.remove("k", *first)).error().kind, Kind::conflict);
    EXPECT_TRUE(this->run(store.remove("k", *second)));
    EXPECT_EQ(this->run(store.remove("k", *second)).error().kind, Kind::conflict);
    EXPECT_TRUE(this->run(store.remove("k", expect_anything)));
}

TYPED_TEST_P(MetaStoreContract, RevisionsGrowAcrossRemovalAndReopening) {
    auto* store = &this->fixture_.open(this->loop_);
    const auto first = this->run(store->put("a", "", expect_anything)).value();
    ASSERT_TRUE(this->run(store->remove("a", first)));
    store = &this->fixture_.open(this->loop_);
    EXPECT_GT(this->run(store->put("a", "", expect_absent)).value(), first + 1);
}

TYPED_TEST_P(MetaStoreContract, AListIsByPrefixAndInOrder) {
    auto& store = this->fixture_.open(this->loop_);
    for (const auto* key : {"b/2", "b/10", "a", "b0", "c", "b/"})
        ASSERT_TRUE(this->run(store.put(key, key, expect_absent)));
    std::vector<std::string> keys;
    const auto found = this->run(store.list("b/"));
    for (const auto& e : *found) keys.push_back(e.key);
    EXPECT_EQ(keys, (std::vector<std::string>{"b/", "b/10", "b/2"}));
}

TYPED_TEST_P(MetaStoreContract, WatchersHearDurableChangesInOrderUntilTheyLeave) {
    auto& store = this->fixture_.open(this->loop_);
    std::vector<MetaChange> heard;
    auto watch = store.watch("w/", [&](const MetaChange& c) { heard.push_back(c); });
    const auto one = this->run(store.put("w/a", "1", expect_absent)).value();
    ASSERT_TRUE(this->run(store.put("other", "1", expect_absent)));
    EXPECT_FALSE(this->run(store.put("w/a", "2", expect_absent)));
    ASSERT_TRUE(this->run(store.remove("w/a", one)));
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(heard[0], (MetaChange{"w/a", "1", one}));
    EXPECT_EQ(heard[1].value, std::nullopt);
    EXPECT_GT(heard[1].revision, one);
    watch.reset();
    ASSERT_TRUE(this->run(store.put("w/a", "3", expect_absent)));
    EXPECT_EQ(heard.size(), 2u);
}

REGISTER_TYPED_TEST_SUITE_P(MetaStoreContract, WhatWasPutIsReadBackAfterReopening,
                            AnUnexpectedRevisionIsAConflict, RevisionsGrowAcrossRemovalAndReopening,
                            AListIsByPrefixAndInOrder,
                            WatchersHearDurableChangesInOrderUntilTheyLeave);

}  // namespace mayfly::store
