#include "engine/hooks.hpp"

#include <gtest/gtest.h>

namespace mayfly::engine {
namespace {

using enum Hooks::Step;
using workers::Hook;

const FunctionSpec kBoth{.pre_freeze = {.handler = "a.f", .timeout = Seconds{2}},
                         .pre_stop = {.handler = "a.s", .timeout = Seconds{7}}};

Hooks worked() {
    Hooks hooks;
    hooks.answered_a_call();
    return hooks;
}

sched::RunCall call(std::uint64_t n) { return {.worker = WorkerId{1}, .call = CallId{n}}; }

TEST(Hooks, EachRunsBeforeWhatItIsNamedAfter) {
    auto hooks = worked();
    EXPECT_EQ(hooks.freeze(kBoth), run);
    EXPECT_EQ(hooks.running(), Hook::pre_freeze);
    EXPECT_EQ(hooks.ended(kBoth), freeze);
    EXPECT_EQ(hooks.stop(kBoth), run);
    EXPECT_EQ(hooks.running(), Hook::pre_stop);
    EXPECT_EQ(hooks.ended(kBoth), stop);
    EXPECT_EQ(hooks.running(), std::nullopt);
}

TEST(Hooks, WhoHasNoneIsFrozenAndStoppedAtOnce) {
    auto hooks = worked();
    EXPECT_EQ(hooks.freeze({}), freeze);
    EXPECT_EQ(hooks.stop({}), stop);
}

TEST(Hooks, AWorkerThatAnsweredNoCallRunsNone) {
    Hooks hooks;
    EXPECT_EQ(hooks.freeze(kBoth), freeze);
    EXPECT_EQ(hooks.stop(kBoth), stop);
}

TEST(Hooks, AStopWaitsForThePreFreezeThatRunsAndThenHasItsOwnTurn) {
    auto hooks = worked();
    hooks.freeze(kBoth);
    EXPECT_EQ(hooks.stop(kBoth), wait);
    EXPECT_EQ(hooks.ended(kBoth), run);
    EXPECT_EQ(hooks.running(), Hook::pre_stop);
    auto freezes_only = kBoth;
    freezes_only.pre_stop = {};
    auto other = worked();
    other.freeze(freezes_only);
    EXPECT_EQ(other.stop(freezes_only), wait);
    EXPECT_EQ(other.ended(freezes_only), stop);
}

TEST(Hooks, CallsAreHeldWhileOneRunsAndComeOutInTheirOrder) {
    auto hooks = worked();
    EXPECT_FALSE(hooks.hold(call(1)));
    hooks.freeze(kBoth);
    for (const int n : {2, 3, 4}) EXPECT_TRUE(hooks.hold(call(static_cast<std::uint64_t>(n))));
    EXPECT_TRUE(hooks.let_go(CallId{3}));
    EXPECT_FALSE(hooks.let_go(CallId{3}));
    EXPECT_EQ(hooks.ended(kBoth), resume);
    const auto held = hooks.take_held();
    ASSERT_EQ(held.size(), 2u);
    EXPECT_EQ(held[0].call, CallId{2});
    EXPECT_EQ(held[1].call, CallId{4});
    EXPECT_TRUE(hooks.take_held().empty());
    EXPECT_EQ(hooks.freeze(kBoth), run);
}

TEST(Hooks, EachHasItsOwnLimit) {
    EXPECT_EQ(limit_of(kBoth, Hook::pre_freeze), Seconds{2});
    EXPECT_EQ(limit_of(kBoth, Hook::pre_stop), Seconds{7});
}

TEST(Hooks, WhatIsSentAheadWaitsWhileACallAnswersInParts) {
    Hooks hooks;
    auto ahead = call(2);
    ahead.ahead = true;
    EXPECT_FALSE(hooks.hold(ahead));
    hooks.parts_begin();
    EXPECT_TRUE(hooks.hold(ahead));
    EXPECT_FALSE(hooks.hold(call(3))) << "one that runs beside it";
    EXPECT_TRUE(hooks.let_go(CallId{2}));
    EXPECT_TRUE(hooks.hold(ahead));
    const auto held = hooks.parts_ended();
    ASSERT_EQ(held.size(), 1u);
    EXPECT_EQ(held[0].call, CallId{2});
    EXPECT_FALSE(hooks.hold(ahead));
}

}  // namespace
}  // namespace mayfly::engine
