#include "auth/temporary_keys.hpp"

#include <gtest/gtest.h>

namespace mayfly::auth {
namespace {

WallTime at(int seconds) { return WallTime(Seconds(seconds)); }

struct TemporaryKeysTest : testing::Test {
    SeededRng rng{1};
    TemporaryKeys keys{rng};
    TemporaryKey made = keys.make("17", "shop", "cart", "acs:ram::17:role/r", at(100));
};

TEST_F(TemporaryKeysTest, AreKnownAgainUntilTheyExpire) {
    const auto found = keys.find(made.key.id, made.token, at(99));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->key.secret, made.key.secret);
    EXPECT_EQ(found->key.account, "17");
    EXPECT_EQ(found->service, "shop");
    EXPECT_EQ(found->function, "cart");
    EXPECT_EQ(found->role, "acs:ram::17:role/r");
    EXPECT_EQ(keys.find(made.key.id, made.token, at(100)).error().code, "AccessDenied");
}

TEST_F(TemporaryKeysTest, NameTheEventThatCausedTheirCall) {
    const auto caused = keys.make("17", "shop", "cart", "acs:ram::17:role/r", at(100),
                                  CausedBy{"new:1", "1-2-3", 4});
    const auto found = keys.find(caused.key.id, caused.token, at(99));
    ASSERT_TRUE(found && found->caused_by);
    EXPECT_EQ(found->caused_by->trigger, "new:1");
    EXPECT_EQ(found->caused_by->event, "1-2-3");
    EXPECT_EQ(found->caused_by->depth, 4);
    EXPECT_FALSE(keys.find(made.key.id, made.token, at(99))->caused_by);
}

TEST_F(TemporaryKeysTest, NameTheSpanOfTheirCall) {
    const auto found = [&](const TemporaryKey& key) {
        return keys.find(key.key.id, key.token, at(99)).value();
    };
    const auto traced = found(keys.make("17", "shop", "cart", "r", at(100), {}, "00-span"));
    EXPECT_EQ(traced.traceparent, "00-span");
    EXPECT_FALSE(traced.caused_by);
    const auto both =
        found(keys.make("17", "shop", "cart", "r", at(100), CausedBy{"t", "e", 4}, "00-span"));
    EXPECT_EQ(both.traceparent, "00-span");
    ASSERT_TRUE(both.caused_by);
    EXPECT_EQ(both.caused_by->event, "e");
    EXPECT_EQ(found(made).traceparent, "");
}

TEST_F(TemporaryKeysTest, NoBitOfATokenCanBeChanged) {
    for (std::size_t i = 0; i < made.token.size(); ++i) {
        auto other = made.token;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(keys.find(made.key.id, other, at(1))) << i;
    }
    EXPECT_EQ(keys.find(made.key.id, "", at(1)).error().code, "AccessDenied");
}

TEST_F(TemporaryKeysTest, ATokenIsForItsOwnKeyAndServer) {
    const auto other = keys.make("18", "shop", "cart", "acs:ram::17:role/r", at(100));
    EXPECT_FALSE(keys.find(other.key.id, made.token, at(1)));
    EXPECT_FALSE(TemporaryKeys(rng).find(made.key.id, made.token, at(1)));
    EXPECT_NE(other.key.secret, made.key.secret);
}

}  // namespace
}  // namespace mayfly::auth
