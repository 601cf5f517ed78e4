#include "reach/guard.hpp"

#include "base/text.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace mayfly::reach {

namespace {

// What is not a host on the internet (IANA's special-purpose registries, RFC 6890 and later). The
// rows that embed an IPv4 address (6to4, NAT64, Teredo) lead to wherever that one does.
constexpr std::string_view kPrivate[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "::/96",         "64:ff9b::/96",    "64:ff9b:1::/48", "100::/64",       "2001::/23",
    "2001:db8::/32", "2002::/16",       "fc00::/7",       "fe80::/10",      "fec0::/10",
    "ff00::/8"};

Address mapped(const std::uint8_t* four) {
    Address address{};
    address[10] = address[11] = 0xff;
    std::memcpy(&address[12], four, 4);
    return address;
}

const std::vector<Network>& private_networks() {
    static const auto all = [] {
        std::vector<Network> networks;
        for (const auto text : kPrivate) networks.push_back(parse_network(text).value());
        return networks;
    }();
    return all;
}

}  // namespace

bool is_in(const Address& address, const Network& network) {
    for (int bit = 0; bit < network.bits; bit += 8) {
        const auto at = static_cast<std::size_t>(bit / 8);
        const int left = std::min(8, network.bits - bit);
        const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
        if ((address[at] & mask) != (network.first[at] & mask)) return false;
    }
    return true;
}

Result<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    const std::string host(text.substr(0, slash));
    Network network;
    std::uint8_t four[4];
    int most = 128;
    if (::inet_pton(AF_INET, host.c_str(), four) == 1) {
        network.first = mapped(four);
        most = 32;
    } else if (::inet_pton(AF_INET6, host.c_str(), network.first.data()) != 1) {
        return fail(Kind::invalid, fmt::format("'{}' is no network such as 10.0.0.0/8", text));
    }
    if (slash == text.npos) return network;
    const auto bits = parse_int(text.substr(slash + 1));
    if (!bits || *bits < 0 || *bits > most)
        return fail(Kind::invalid, fmt::format("'{}' is no network such as 10.0.0.0/8", text));
    network.bits = static_cast<int>(*bits) + 128 - most;
    return network;
}

Result<Guard> Guard::allowing(std::string_view networks) {
    std::vector<Network> allowed;
    if (trim(networks).empty()) return Guard();
    for (const auto text : split(networks, ',')) {
        TRY(const auto network, parse_network(trim(text)));
        allowed.push_back(network);
    }
    return Guard(std::move(allowed));
}

bool Guard::allows(const Address& address) const {
    const auto holds = [&](const Network& network) { return is_in(address, network); };
    return std::ranges::any_of(allowed_, holds) || std::ranges::none_of(private_networks(), holds);
}

bool Guard::names(const Address& address) const {
    return std::ranges::any_of(allowed_, [&](const Network& network) {
        return network.bits == 128 && network.first == address;
    });
}

bool Guard::allows(const sockaddr* address) const {
    Address bytes{};
    if (address->sa_family == AF_INET) {
        sockaddr_in v4;
        std::memcpy(&v4, address, sizeof v4);
        std::uint8_t four[4];
        std::memcpy(four, &v4.sin_addr, 4);
        return allows(mapped(four));
    }
    if (address->sa_family != AF_INET6) return false;
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, 16);
    return allows(bytes);
}

}  // namespace mayfly::reach
