// Header fields of HTTP, in order, as they are sent.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mayfly::custom {

struct Header {
    std::string name, value;
    bool operator==(const Header&) const = default;
};
using Headers = std::vector<Header>;

// The first value of a name, without case; empty if there is none.
std::string_view value_of(const Headers& headers, std::string_view name);

// Fields that are about one connection (RFC 9110, 7.6.1) or about a message's length: each hop
// makes its own.
bool belongs_to_the_hop(std::string_view name);

}  // namespace mayfly::custom
