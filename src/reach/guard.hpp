// Where webhooks and functions may go: never into private addresses, unless somebody said so. Pure.
// It judges the address a connection is about to be made to, so that no name can point elsewhere
// between the look and the connect.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

struct sockaddr;

namespace mayfly::reach {

// An IPv6 address; IPv4 ones are ::ffff:a.b.c.d.
using Address = std::array<std::uint8_t, 16>;

struct Network {
    Address first{};
    int bits = 128;
};

// "10.1.0.0/16", "fd00::/8", "127.0.0.1". invalid: anything else.
Result<Network> parse_network(std::string_view text);

bool is_in(const Address& address, const Network& network);

class Guard {
public:
    // Lets only public addresses through, and those of `allowed`.
    explicit Guard(std::vector<Network> allowed = {}) : allowed_(std::move(allowed)) {}

    // "10.0.0.0/8,127.0.0.1"; empty allows nothing more.
    static Result<Guard> allowing(std::string_view networks);

    bool allows(const Address& address) const;
    bool allows(const sockaddr* address) const;  // any other family than IPv4 and IPv6: no

    // Whether this very address is allowed, by itself and not within a network.
    bool names(const Address& address) const;

private:
    std::vector<Network> allowed_;
};

}  // namespace mayfly::reach
