#include "reach/frames.hpp"

#include <algorithm>
#include <cstring>

namespace mayfly::reach {

namespace {

constexpr std::size_t kEthernet = 14, kIp = 20, kArp = 28;
constexpr std::uint16_t kTypeIp = 0x0800, kTypeArp = 0x0806;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kIcmp = 1, kIgmp = 2;
constexpr std::uint16_t kMoreFragments = 0x2000, kFragmentOffset = 0x1FFF;
constexpr std::uint16_t kDns = 53;

using Bytes = std::span<const std::uint8_t>;

std::uint16_t two(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

std::uint32_t four(Bytes bytes, std::size_t at) {
    return std::uint32_t{two(bytes, at)} << 16 | two(bytes, at + 2);
}

void put_two(std::span<std::uint8_t> bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8);
    bytes[at + 1] = static_cast<std::uint8_t>(value);
}

Address mapped(std::uint32_t address) {
    Address out{};
    out[10] = out[11] = 0xff;
    for (std::size_t i = 0; i < 4; ++i)
        out[12 + i] = static_cast<std::uint8_t>(address >> (24 - 8 * i));
    return out;
}

// RFC 1071.
std::uint16_t sum(Bytes bytes) {
    std::uint32_t total = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) total += two(bytes, i);
    if (bytes.size() % 2) total += std::uint32_t{bytes.back()} << 8;
    while (total >> 16) total = (total & 0xffff) + (total >> 16);
    return static_cast<std::uint16_t>(~total);
}

// Ethernet and IPv4, from the sandbox itself.
Verdict judge_arp(Bytes arp) {
    constexpr std::uint64_t kForm = 0x0001'0800'0604;  // what is resolved, and the lengths of both
    const bool ours = arp.size() >= kArp &&
                      (std::uint64_t{four(arp, 0)} << 16 | two(arp, 4)) == kForm &&
                      four(arp, 14) == kSandbox;
    return ours ? Verdict::pass : Verdict::drop;
}

// `port` is 0 of a fragment that has none.
bool leads_out(std::uint32_t to, std::uint16_t port, const Rules& rules) {
    if ((to & kSandboxMask) == kSandboxNetwork) return to == kNameServer && port == kDns;
    return may_reach(to, rules);
}

Judged judge_tcp(Bytes tcp, std::uint32_t to, const Rules& rules) {
    constexpr std::uint8_t kSyn = 0x02, kAck = 0x10;
    if (tcp.size() < 20) return {};
    if (!leads_out(to, two(tcp, 2), rules)) return {Verdict::refuse};
    const bool first = (tcp[13] & (kSyn | kAck)) == kSyn;
    return {Verdict::pass, first ? Begins::stream : Begins::nothing};
}

Judged judge_udp(Bytes udp, std::uint32_t to, bool later_fragment, const Rules& rules) {
    if (!later_fragment && udp.size() < 8) return {};
    if (leads_out(to, later_fragment ? 0 : two(udp, 2), rules))
        return {Verdict::pass, Begins::datagrams};
    return {later_fragment ? Verdict::drop : Verdict::refuse};
}

Judged judge_ip(Bytes ip, const Rules& rules) {
    if (ip.size() < kIp || ip[0] >> 4 != 4) return {};
    const std::size_t length = two(ip, 2);
    if (length < kIp || length > ip.size() || four(ip, 12) != kSandbox) return {};
    if (ip[0] != 0x45) return {Verdict::refuse};  // options, such as a route of its own
    const auto fragment = two(ip, 6) & (kMoreFragments | kFragmentOffset);
    const auto to = four(ip, 16);
    const auto inside = ip.subspan(kIp, length - kIp);
    switch (ip[9]) {
        case kTcp: return fragment ? Judged{} : judge_tcp(inside, to, rules);
        case kUdp: return judge_udp(inside, to, fragment & kFragmentOffset, rules);
        case kIcmp:
        case kIgmp: return {};  // the kernel's own
        default: return {Verdict::refuse};
    }
}

}  // namespace

bool may_reach(std::uint32_t address, const Rules& rules) {
    if (address >> 24 == 127) return false;  // whatever is allowed: it would be the host's
    const auto at = mapped(address);
    const bool own = std::ranges::any_of(rules.own, [&](const auto& n) { return is_in(at, n); });
    return own ? rules.guard.names(at) : rules.guard.allows(at);
}

Judged judge(Bytes frame, const Rules& rules) {
    if (frame.size() < kEthernet) return {};
    const auto type = two(frame, 12);
    if (type == kTypeArp) return {judge_arp(frame.subspan(kEthernet))};
    return type == kTypeIp ? judge_ip(frame.subspan(kEthernet), rules) : Judged{};
}

Refusal refusal(Bytes frame) {
    Refusal out;
    if (frame.size() < kEthernet + kIp) return out;
    const auto refused = frame.subspan(kEthernet, std::min(kIp + 8, frame.size() - kEthernet));
    out.size = kEthernet + kIp + 8 + refused.size();
    const std::span<std::uint8_t> bytes(out.bytes.data(), out.size);
    std::ranges::copy(frame.subspan(6, 6), bytes.begin());  // to whom it came from
    std::ranges::copy(frame.subspan(0, 6), bytes.begin() + 6);
    put_two(bytes, 12, kTypeIp);

    const auto ip = bytes.subspan(kEthernet);
    ip[0] = 0x45;
    put_two(ip, 2, static_cast<std::uint16_t>(ip.size()));
    ip[8] = 64;  // hops
    ip[9] = kIcmp;
    put_two(ip, 12, kGateway >> 16);
    put_two(ip, 14, kGateway & 0xffff);
    std::ranges::copy(frame.subspan(kEthernet + 12, 4), ip.begin() + 16);
    put_two(ip, 10, sum(ip.first(kIp)));

    const auto icmp = ip.subspan(kIp);
    icmp[0] = 3;   // destination unreachable
    icmp[1] = 13;  // communication administratively prohibited
    std::ranges::copy(refused, icmp.begin() + 8);
    put_two(icmp, 2, sum(icmp));
    return out;
}

}  // namespace mayfly::reach
