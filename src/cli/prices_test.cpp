#include "cli/prices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly::cli {
namespace {

using testing::HasSubstr;

// A million calls of 20 ms at 128 MB.
const Usage million{
    .calls = 1e6, .billed_s = 100'000, .billed_gb_s = 12'500, .run_s = 20'000, .run_gb_s = 2'500};
const UsagePeriod day{.hours = 24, .busiest_gb_s = 600, .billed_gb_s = 12'500};

double of(const std::string& name, const Usage& usage = million, const UsagePeriod& p = day) {
    return cost(find_price_book(name).value(), usage, p);
}

TEST(Prices, AreThoseThatWerePublished) {
    EXPECT_NEAR(of("fc2018"), 1.33 + 12'500 * 0.00011108, 1e-9);
    // 128 MB get 0.05 vCPU, the least there is.
    EXPECT_NEAR(of("fc"), 0.00011 * (7500 + 0.15 * 2'500 + 0.05 * 20'000), 1e-9);
    EXPECT_NEAR(of("lambda"), 0.20 + 2'500 * 0.0000166667, 1e-9);
    EXPECT_NEAR(of("box"), 24 * 0.0416, 1e-9);
}

TEST(Prices, MachinesThatAreAlwaysOnAreEnoughForTheBusiestHour) {
    const UsagePeriod busy{.hours = 10, .busiest_gb_s = 3600 * 9, .billed_gb_s = 36'000};
    const Usage half{.billed_gb_s = 18'000};
    EXPECT_NEAR(of("box", half, busy), 3 * 10 * 0.0416 / 2, 1e-9);
    EXPECT_EQ(of("box", {}, {}), 0);
}

TEST(Prices, CpuIsRoundedUpToItsStep) {
    const Usage big{.run_s = 100, .run_gb_s = 110};  // 1.1 GB: 0.275 vCPU, so 0.3
    EXPECT_NEAR(of("fc", big), 0.00011 * (0.15 * 110 + 0.3 * 100), 1e-9);
}

TEST(Prices, ABookOfOnesOwnIsAFile) {
    const auto book = parse_price_book(
        "name: mine\ncurrency: EUR\nstep: 100\nper_million_calls: 2\nper_gb_second: 0.5\n", "f");
    ASSERT_TRUE(book) << book.error().what;
    EXPECT_NEAR(cost(*book, million, day), 2 + 12'500 * 0.5, 1e-9);
}

TEST(Prices, WhatIsNoBookIsRefusedWithItsLine) {
    const auto why = [](const std::string& yaml) {
        const auto book = parse_price_book(yaml, "f");
        return book ? "" : book.error().what;
    };
    EXPECT_THAT(why("name: x\ncurrency: EUR\nper_gb: 1\n"), HasSubstr("line 3: unknown key"));
    EXPECT_THAT(why("name: x\ncurrency: EUR\nstep: 7\n"), HasSubstr("1 or 100"));
    EXPECT_THAT(why("name: x\ncurrency: EUR\nper_gb_second: -1\n"), HasSubstr("0 or more"));
    EXPECT_THAT(why("name: x\ncurrency: EUR\nper_gb_second: much\n"), HasSubstr("line 3"));
    EXPECT_THAT(why("name: x\n"), HasSubstr("'currency'"));
    EXPECT_THAT(why("name: x\ncurrency: EUR\nbox_per_hour: 1\n"), HasSubstr("'box_gb'"));
    EXPECT_THAT(why("- a\n"), HasSubstr("map"));
    EXPECT_THAT(why("{{"), HasSubstr("line 1"));
    EXPECT_THAT(find_price_book("nowhere").error().what, HasSubstr("fc2018, fc, lambda and box"));
}

TEST(Prices, EachBookSaysWhereItsPricesAreFrom) {
    for (const auto& book : price_books())
        EXPECT_TRUE(!book.source.empty() && !book.about.empty() && !book.currency.empty());
}

}  // namespace
}  // namespace mayfly::cli
