#include "sched/core_shares.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace mayfly::sched {
namespace {

constexpr TenantId kA{1}, kB{2}, kC{3};
using Tenants = std::set<TenantId>;

TEST(AboveLevel, IsTheOneThatUsesMost) {
    EXPECT_EQ(above_level({{kA, {.used = Millis{100}}}, {kB, {.used = Millis{1}}}}), Tenants{kA});
    EXPECT_EQ(
        above_level(
            {{kA, {.used = Millis{100}}}, {kB, {.used = Millis{40}}}, {kC, {.used = Millis{1}}}}),
        Tenants{kA});
}

TEST(AboveLevel, AreAllThatUseMuch) {
    EXPECT_EQ(
        above_level(
            {{kA, {.used = Millis{90}}}, {kB, {.used = Millis{90}}}, {kC, {.used = Millis{1}}}}),
        (Tenants{kA, kB}));
}

TEST(AboveLevel, IsNobodyWhereNoneUsesLess) {
    EXPECT_EQ(above_level({}), Tenants{});
    EXPECT_EQ(above_level({{kA, {.used = Millis{100}}}}), Tenants{});
    EXPECT_EQ(above_level({{kA, {.used = Millis{110}}}, {kB, {.used = Millis{90}}}}), Tenants{});
    EXPECT_EQ(above_level({{kA, {}}, {kB, {}}}), Tenants{});
}

TEST(AboveLevel, HeedsWeights) {
    EXPECT_EQ(above_level({{kA, {.weight = 4, .used = Millis{120}}}, {kB, {.used = Millis{80}}}}),
              Tenants{kB});
}

TEST(AboveLevel, IsNotLoweredByManyThatUseLittle) {
    CoreUses uses{{kA, {.used = Millis{140}}}, {kB, {.used = Millis{2}}}};
    for (std::uint64_t i = 10; i < 110; ++i) uses[TenantId{i}].used = Micros{100};
    EXPECT_EQ(above_level(uses), Tenants{kA});
}

TEST(CoreShares, ForgetWhenThereHasBeenEnoughForAWhile) {
    CoreShares shares;
    EXPECT_TRUE(shares.is_quiet());
    const CoreUses uses{{kA, {.used = Millis{100}}}, {kB, {.used = Millis{1}}}};
    shares.look(uses, true);
    EXPECT_EQ(shares.standing(kA), Standing::last);
    EXPECT_EQ(shares.standing(kB), Standing::first);
    shares.look(uses, false);
    EXPECT_EQ(shares.standing(kA), Standing::last) << "a flood has pauses";
    for (int i = 0; i < 9; ++i) shares.look(uses, false);
    EXPECT_TRUE(shares.is_quiet());
    EXPECT_EQ(shares.standing(kA), Standing::usual);
    EXPECT_EQ(shares.standing(kB), Standing::usual);
}

TEST(CoreShares, OnlyWhoUsesNextToNothingComesFirstAndOnlyWhileAnotherGivesWay) {
    CoreShares shares;
    shares.look(
        {{kA, {.used = Millis{100}}}, {kB, {.used = Millis{10}}}, {kC, {.used = Millis{1}}}}, true);
    EXPECT_EQ(shares.standing(kA), Standing::last);
    EXPECT_EQ(shares.standing(kB), Standing::usual);
    EXPECT_EQ(shares.standing(kC), Standing::first);
    for (int i = 0; i < 300; ++i) shares.look({{kA, {.used = Millis{100}}}}, true);
    EXPECT_EQ(shares.standing(kC), Standing::first) << "it may call again";
    for (int i = 0; i < 400; ++i) shares.look({{kA, {.used = Millis{100}}}}, true);
    EXPECT_EQ(shares.standing(kC), Standing::usual) << "it has not for a minute";
    EXPECT_EQ(shares.standing(kA), Standing::usual) << "it is alone";
}

// Accounts on cores that the kernel shares out: first those that do not give way, each by the
// number of its workers and no more than it wants; the others have what is left, in the same way.
struct Account {
    int workers;
    Micros wants;  // of the cores, between two looks
    Micros had{}, used{};
};

void pour(std::vector<Account*> who, Micros& left) {
    while (!who.empty() && left > Micros{static_cast<std::int64_t>(who.size())}) {
        std::int64_t workers = 0;
        for (const auto* one : who) workers += one->workers;
        const auto all = left;
        for (auto* one : who) {
            const auto given = std::min(one->wants - one->used, all * one->workers / workers);
            one->used += given;
            left -= given;
        }
        std::erase_if(who, [](const auto* one) { return one->used == one->wants; });
        if (left == all) return;
    }
}

// Two cores, a hundred seconds.
void live(std::vector<Account>& accounts) {
    CoreShares shares;
    for (int look = 0; look < 1000; ++look) {
        std::vector<Account*> first, then;
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            accounts[i].used = {};
            (shares.standing(TenantId{i}) == Standing::last ? then : first).push_back(&accounts[i]);
        }
        Micros left = Millis{200};
        pour(first, left);
        pour(then, left);
        CoreUses uses;
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            uses[TenantId{i}].used = accounts[i].used;
            accounts[i].had += accounts[i].used;
        }
        shares.look(uses, true);
    }
}

TEST(CoreShares, GiveAFloodNoMoreThanItsShareWhenOthersWantTheirs) {
    std::vector<Account> accounts{{20, Millis{200}}, {2, Millis{200}}, {1, Millis{100}}};
    live(accounts);
    for (const auto& one : accounts) {
        EXPECT_GT(one.had, Seconds{200} / 3 * 6 / 10) << one.workers << " workers";
        EXPECT_LT(one.had, Seconds{200} / 3 * 14 / 10) << one.workers << " workers";
    }
}

TEST(CoreShares, StarveNobodyAndHardlyTouchWhatIsModest) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        SeededRng rng(seed);
        const auto below = [&](std::uint64_t n) { return static_cast<int>(rng.next() % n); };
        std::vector<Account> accounts{{300, Millis{200}}};
        const int modest = below(4), greedy = below(4);
        for (int i = 0; i < modest; ++i) accounts.push_back({1, Micros{500 + below(4000)}});
        for (int i = 0; i < greedy; ++i) accounts.push_back({1 + below(50), Millis{200}});
        live(accounts);
        for (std::size_t i = 0; i < accounts.size(); ++i) {
            const auto& one = accounts[i];
            if (one.wants < Millis{5}) {
                EXPECT_GT(one.had, one.wants * 1000 * 8 / 10) << "seed " << seed << ": " << i;
            } else {
                EXPECT_GT(one.had, Seconds{200} / (1 + greedy) / 3) << "seed " << seed << ": " << i;
            }
        }
    }
}

}  // namespace
}  // namespace mayfly::sched
