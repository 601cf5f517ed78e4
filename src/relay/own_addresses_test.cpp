#include "relay/own_addresses.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace mayfly::relay {
namespace {

reach::Address address(std::string_view text) { return reach::parse_network(text).value().first; }

TEST(OwnAddresses, AreThoseOfEveryInterfaceAndAllOfLoopback) {
    auto addresses = OwnAddresses::open();
    ASSERT_TRUE(addresses) << addresses.error().what;
    const auto own = addresses->read();
    ASSERT_TRUE(own) << own.error().what;
    const auto holds = [&](const reach::Address& one) {
        return std::ranges::any_of(*own, [&](const auto& n) { return reach::is_in(one, n); });
    };
    EXPECT_TRUE(holds(address("127.0.0.1")));
    EXPECT_TRUE(holds(address("127.8.8.8")));
    EXPECT_FALSE(holds(address("8.8.8.8")));
    ifaddrs* all = nullptr;
    ASSERT_EQ(::getifaddrs(&all), 0);
    for (const auto* one = all; one; one = one->ifa_next) {
        if (!one->ifa_addr || one->ifa_addr->sa_family != AF_INET) continue;
        sockaddr_in in;
        std::memcpy(&in, one->ifa_addr, sizeof in);
        char text[INET_ADDRSTRLEN];
        EXPECT_TRUE(holds(address(::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text)))) << text;
    }
    ::freeifaddrs(all);
}

}  // namespace
}  // namespace mayfly::relay
