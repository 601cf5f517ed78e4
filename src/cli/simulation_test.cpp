#include "cli/simulation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include <sstream>

namespace mayfly::cli {
namespace {

using testing::HasSubstr;

Traffic traffic(const std::string& text) {
    std::istringstream in(text);
    auto read = read_traffic(in);
    EXPECT_TRUE(read) << read.error().what;
    return *std::move(read);
}

Traffic made(std::uint64_t seed, TrafficWish wish = {.functions = 20, .calls = 20'000}) {
    SeededRng rng(seed);
    return make_traffic(wish, rng);
}

TEST(Simulation, TheFirstCallIsColdAndTheNextFindsItsWorker) {
    const auto r = simulate(traffic("0,f,100,512\n10,f,100,512\n"), {.start = Millis{5}});
    EXPECT_EQ(r.calls, 2);
    EXPECT_EQ(r.ran, 2);
    EXPECT_EQ(r.cold, 1);
    EXPECT_EQ(r.started, 1);
    EXPECT_DOUBLE_EQ(r.wait_ms_max, 5);
    EXPECT_DOUBLE_EQ(r.billed_s, 0.2);
    EXPECT_DOUBLE_EQ(r.gb_seconds, 0.1);
    EXPECT_EQ(r.memory_mb_most, 512);
}

TEST(Simulation, AShorterKeepMeansMoreColdStartsAndLessIdling) {
    const auto day = made(3);
    SimulationPolicy brief, patient;
    brief.scheduler.idle_keep = {Seconds{1}, Seconds{1}, Seconds{1}};
    patient.scheduler.idle_keep = {Seconds{600}, Seconds{600}, Seconds{600}};
    const auto a = simulate(day, brief), b = simulate(day, patient);
    EXPECT_GT(a.cold, 2 * b.cold);
    EXPECT_LT(a.instances_mean, b.instances_mean);
    EXPECT_EQ(a.ran, a.calls);
    EXPECT_DOUBLE_EQ(a.billed_s, b.billed_s);
}

TEST(Simulation, AFullHouseRefusesAndSaysWhy) {
    std::string text;
    for (int i = 0; i < 10; ++i) text += "0,f,60000,128\n";
    SimulationPolicy policy{.wait_max = Seconds{10}};
    policy.scheduler.workers_max = 4;
    const auto r = simulate(traffic(text), policy);
    EXPECT_EQ(r.ran, 4);
    EXPECT_EQ(r.refused.at("no worker became free in time"), 6);
    EXPECT_EQ(r.instances_most, 4);
    EXPECT_THAT(to_text(r), HasSubstr("refused    6 (60.00 %): no worker became free in time"));
}

TEST(Simulation, TheSameTrafficGivesTheSameToTheLastBit) {
    const auto day = made(5);
    EXPECT_EQ(boost::json::serialize(to_json(simulate(day, {}))),
              boost::json::serialize(to_json(simulate(day, {}))));
}

TEST(Traffic, WhatIsWrittenIsReadAgain) {
    const auto day = made(1);
    std::stringstream file;
    write_traffic(file, day);
    const auto again = read_traffic(file);
    ASSERT_TRUE(again) << again.error().what;
    ASSERT_EQ(again->calls.size(), day.calls.size());
    for (std::size_t i = 0; i < day.calls.size(); ++i) {
        EXPECT_EQ(again->calls[i].at, day.calls[i].at);
        EXPECT_EQ(again->calls[i].micros, day.calls[i].micros);
    }
}

TEST(Traffic, MadeUpOneHasADayANightBurstsAndALongTail) {
    const auto day = made(7, {.functions = 200, .calls = 200'000});
    EXPECT_NEAR(static_cast<double>(day.calls.size()), 200'000, 20'000);
    std::vector<int> by_hour(24), by_function(200);
    for (const auto& call : day.calls) {
        ++by_hour[static_cast<std::size_t>(call.at / std::chrono::hours{1})];
        ++by_function[call.function];
    }
    EXPECT_GT(by_hour[12], 3 * by_hour[0]);
    std::ranges::sort(by_function, std::greater<>());
    EXPECT_GT(by_function[0], 20'000) << "one function has a tenth of all";
    EXPECT_LT(by_function[150], 300) << "most are called seldom";
    // In the ten seconds of a burst there is more than three times the usual.
    const auto ten_seconds = [&](std::uint32_t f) {
        std::vector<int> count(24 * 360);
        for (const auto& call : day.calls)
            if (call.function == f) ++count[static_cast<std::size_t>(call.at / Seconds{10})];
        return count;
    };
    int bursty = 0;
    for (std::uint32_t f = 0; f < 20; ++f) {
        auto count = ten_seconds(f);
        std::ranges::sort(count);
        const auto at = [&](double share) {
            return count[static_cast<std::size_t>(share * static_cast<double>(count.size()))];
        };
        bursty += at(0.98) > 3 * std::max(at(0.8), 1);
    }
    EXPECT_GE(bursty, 1);
}

TEST(Traffic, TheSameSeedMakesTheSame) {
    EXPECT_EQ(made(9).calls.size(), made(9).calls.size());
    EXPECT_NE(made(9).calls[5].at, made(10).calls[5].at);
}

TEST(Traffic, WhatIsNoTrafficIsRefusedWithItsLine) {
    const auto why = [](const std::string& text) {
        std::istringstream in(text);
        const auto read = read_traffic(in);
        return read ? "" : read.error().what;
    };
    EXPECT_THAT(why("0,f,1\n"), HasSubstr("line 1: it has not four parts"));
    EXPECT_THAT(why("# a\n0,f,1,128\nx,f,1,128\n"), HasSubstr("line 3: its time"));
    EXPECT_THAT(why("-1,f,1,128\n"), HasSubstr("its time"));
    EXPECT_THAT(why("nan,f,1,128\n"), HasSubstr("its time"));
    EXPECT_THAT(why("0,f,1e99,128\n"), HasSubstr("its run"));
    EXPECT_THAT(why("0,f,1,0\n"), HasSubstr("its size"));
    EXPECT_THAT(why("0,,1,128\n"), HasSubstr("names no function"));
    EXPECT_THAT(why("2,f,1,128\n1,f,1,128\n"), HasSubstr("line 2: it is earlier"));
    EXPECT_THAT(why("0,f,1,128\n1,f,1,256\n"), HasSubstr("another size"));
    EXPECT_EQ(why(""), "");
}

}  // namespace
}  // namespace mayfly::cli
