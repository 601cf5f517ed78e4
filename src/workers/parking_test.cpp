#include "workers/parking.hpp"

#include <gtest/gtest.h>

namespace mayfly::workers {
namespace {

Time at(int seconds) { return Time{Seconds{1'000'000 + seconds}}; }

TEST(Parking, KeepsTheLeastWhileNobodyCalls) {
    Parking parking({.least = 2, .most = 8});
    EXPECT_EQ(parking.wanted(at(0)), 2);
    EXPECT_EQ(parking.wanted(at(1000)), 2);
}

TEST(Parking, FollowsTheBusiestSecondOfTheLastMinute) {
    Parking parking({.least = 2, .most = 32});
    for (int i = 0; i < 9; ++i) parking.needed(at(0));
    for (int i = 0; i < 4; ++i) parking.needed(at(7));
    EXPECT_EQ(parking.wanted(at(59)), 10);
    EXPECT_EQ(parking.wanted(at(60)), 5);
    EXPECT_EQ(parking.wanted(at(67)), 2);
}

TEST(Parking, NeverKeepsMoreThanTheMost) {
    Parking parking({.least = 2, .most = 8});
    for (int i = 0; i < 100; ++i) parking.needed(at(i / 50));
    EXPECT_EQ(parking.wanted(at(2)), 8);
}

TEST(Parking, KeepsNoneWhereNoneIsAllowed) {
    Parking parking({.least = 2, .most = 0});
    parking.needed(at(0));
    EXPECT_EQ(parking.wanted(at(0)), 0);
}

}  // namespace
}  // namespace mayfly::workers
