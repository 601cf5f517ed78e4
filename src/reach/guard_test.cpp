#include "reach/guard.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace mayfly::reach {
namespace {

bool lets(const Guard& guard, std::string_view address) {
    return guard.allows(parse_network(address).value().first);
}

TEST(Guard, PublicAddressesPassAndPrivateOnesDoNot) {
    const Guard guard;
    for (const auto* open : {"8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "198.20.0.1",
                             "2606:4700::1", "2a00:1450::5"})
        EXPECT_TRUE(lets(guard, open)) << open;
    for (const auto* shut : {"0.0.0.0",
                             "10.0.0.1",
                             "100.64.0.1",
                             "127.0.0.1",
                             "127.255.0.9",
                             "169.254.169.254",
                             "172.16.0.1",
                             "172.31.255.255",
                             "192.168.1.1",
                             "198.19.0.1",
                             "224.0.0.1",
                             "255.255.255.255",
                             "::",
                             "::1",
                             "::7f00:1",
                             "::ffff:127.0.0.1",
                             "::ffff:10.0.0.1",
                             "64:ff9b::7f00:1",
                             "2002:7f00:1::",
                             "fc00::1",
                             "fd12::1",
                             "fe80::1",
                             "ff02::1",
                             "2001:db8::1"})
        EXPECT_FALSE(lets(guard, shut)) << shut;
}

TEST(Guard, WhatIsAllowedPassesAndNoMore) {
    const auto guard = Guard::allowing("127.0.0.1, 10.1.0.0/16,fd00::/8").value();
    EXPECT_TRUE(lets(guard, "127.0.0.1"));
    EXPECT_TRUE(lets(guard, "10.1.255.1"));
    EXPECT_TRUE(lets(guard, "fd99::1"));
    EXPECT_FALSE(lets(guard, "127.0.0.2"));
    EXPECT_FALSE(lets(guard, "10.2.0.1"));
    EXPECT_FALSE(lets(guard, "fc00::1"));
    EXPECT_TRUE(Guard::allowing("").has_value());
    for (const auto* bad : {"10.0.0.0/33", "host", "10.0.0.0/x", "1.2.3", "::/129", ","})
        EXPECT_EQ(Guard::allowing(bad).error().kind, Kind::invalid) << bad;
}

TEST(Guard, ItTellsWhatIsAllowedAloneFromWhatIsInANetwork) {
    const auto guard = Guard::allowing("127.0.0.1,10.1.0.0/16,10.2.0.1/32").value();
    const auto names = [&](std::string_view one) {
        return guard.names(parse_network(one).value().first);
    };
    EXPECT_TRUE(names("127.0.0.1"));
    EXPECT_TRUE(names("10.2.0.1"));
    EXPECT_FALSE(names("10.1.0.0"));
    EXPECT_FALSE(names("8.8.8.8"));
}

TEST(Guard, ItReadsWhatConnectIsGiven) {
    sockaddr_in v4{
        .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(0x7f000001)}, .sin_zero = {}};
    EXPECT_FALSE(Guard().allows(reinterpret_cast<const sockaddr*>(&v4)));
    v4.sin_addr.s_addr = htonl(0x08080808);
    EXPECT_TRUE(Guard().allows(reinterpret_cast<const sockaddr*>(&v4)));
    const sockaddr unix_socket{.sa_family = AF_UNIX, .sa_data = {}};
    EXPECT_FALSE(Guard().allows(&unix_socket));
}

}  // namespace
}  // namespace mayfly::reach
