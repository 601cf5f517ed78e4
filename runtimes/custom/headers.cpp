#include "custom/headers.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mayfly::custom {

std::string_view value_of(const Headers& headers, std::string_view name) {
    const auto found =
        std::ranges::find_if(headers, [&](const Header& h) { return iequals(h.name, name); });
    return found == headers.end() ? std::string_view{} : found->value;
}

bool belongs_to_the_hop(std::string_view name) {
    constexpr std::string_view names[] = {"connection", "keep-alive",        "proxy-connection",
                                          "te",         "trailer",           "upgrade",
                                          "expect",     "transfer-encoding", "content-length"};
    return std::ranges::any_of(names, [&](auto known) { return iequals(known, name); });
}

}  // namespace mayfly::custom
