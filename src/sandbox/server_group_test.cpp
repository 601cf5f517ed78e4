#include "sandbox/server_group.hpp"

#include <gtest/gtest.h>

namespace mayfly::sandbox {
namespace {

TEST(ServerGroup, IsForAServerThatNobodyGaveOne) {
    EXPECT_TRUE(is_in_first_group("4:memory:/m\n1:cpu:/\n0::/x\n", false));
    EXPECT_TRUE(is_in_first_group("3:cpu,cpuacct:/\n", false));
    EXPECT_TRUE(is_in_first_group("1:cpu:/x\n0::/\n", true));
}

TEST(ServerGroup, IsNotForOneThatAServiceManagerPutIntoAGroup) {
    EXPECT_FALSE(is_in_first_group("1:cpu:/system.slice/mayfly.service\n0::/\n", false));
    EXPECT_FALSE(is_in_first_group("1:cpu:/\n0::/system.slice/mayfly.service\n", true));
}

TEST(ServerGroup, IsNotForOneWhoseGroupCannotBeKnown) {
    for (const auto* text : {"", "\n", "1", "1:cpu", "2:cpuacct:/\n", "0::/\n"})
        EXPECT_FALSE(is_in_first_group(text, false)) << text;
    EXPECT_FALSE(is_in_first_group("1:cpu:/\n", true));
}

}  // namespace
}  // namespace mayfly::sandbox
