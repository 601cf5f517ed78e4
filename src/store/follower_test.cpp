#include "store/follower.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace mayfly::store {
namespace {

namespace fs = std::filesystem;

struct FollowerTest : testing::Test {
    void SetUp() override {
        fs::remove_all(folder);
        fs::create_directories(folder);
        leader.emplace(Db::open(folder / "leader.db").value());
        const char* const schema[] = {kFollowSchema,
                                      "CREATE TABLE t (k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID"};
        ASSERT_TRUE(leader->migrate(schema));
        follow();
    }
    void TearDown() override {
        follower.reset();
        leader.reset();
        fs::remove_all(folder);
    }
    void follow() { follower = Follower::open(*leader, folder / "copy.db").value(); }
    Result<void> change(const std::string& sql) {
        TRYV(follower->begin());
        TRYV(leader->run("BEGIN"));
        TRYV(leader->run(sql.c_str()));
        TRYV(number_transaction(*leader));
        TRYV(leader->run("COMMIT"));
        return follower->follow();
    }
    static std::string all(Db& db) {
        auto read = db.prepare("SELECT group_concat(k || '=' || v) FROM t").value();
        EXPECT_TRUE(read.step().value());
        return std::string(read.text(0));
    }
    std::string copied() {
        auto copy = Db::open(folder / "copy.db").value();
        return all(copy);
    }

    fs::path folder = fs::temp_directory_path() / ("follower_test_" + std::to_string(::getpid()));
    std::optional<Db> leader;
    std::unique_ptr<Follower> follower;
};

TEST_F(FollowerTest, EachTransactionIsInTheCopyToo) {
    EXPECT_TRUE(follower->made_anew());
    ASSERT_TRUE(change("INSERT INTO t VALUES ('a', '1'), ('b', '2')"));
    ASSERT_TRUE(change("UPDATE t SET v = '3' WHERE k = 'b'; DELETE FROM t WHERE k = 'a'"));
    ASSERT_TRUE(
        change("SAVEPOINT s; INSERT INTO t VALUES ('x', 'x'); ROLLBACK TO s; RELEASE s;"
               "INSERT INTO t VALUES ('c', '4')"));
    EXPECT_EQ(copied(), "b=3,c=4");
    follower.reset();
    follow();
    EXPECT_FALSE(follower->made_anew());
    ASSERT_TRUE(change("INSERT INTO t VALUES ('d', '5')"));
    EXPECT_EQ(copied(), "b=3,c=4,d=5");
}

TEST_F(FollowerTest, ACopyThatMissedSomethingIsMadeAnew) {
    ASSERT_TRUE(change("INSERT INTO t VALUES ('a', '1')"));
    follower.reset();
    ASSERT_TRUE(leader->run("BEGIN; INSERT INTO t VALUES ('b', '2')"));
    ASSERT_TRUE(number_transaction(*leader));
    ASSERT_TRUE(leader->run("COMMIT"));
    follow();
    EXPECT_TRUE(follower->made_anew());
    EXPECT_EQ(copied(), "a=1,b=2");
}

TEST_F(FollowerTest, AChangeThatDoesNotFitIsNotAppliedInPart) {
    ASSERT_TRUE(change("INSERT INTO t VALUES ('a', '1'), ('b', '2')"));
    {
        auto copy = Db::open(folder / "copy.db").value();
        ASSERT_TRUE(copy.run("DELETE FROM t WHERE k = 'b'"));
    }
    EXPECT_FALSE(change("UPDATE t SET v = '9'"));
    EXPECT_EQ(copied(), "a=1");
}

}  // namespace
}  // namespace mayfly::store
