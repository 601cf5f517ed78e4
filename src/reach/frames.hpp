// What a sandbox may send to the internet: each Ethernet frame that leaves its device is judged
// here before anything else looks at it. Pure. RFC 894 (Ethernet), 826 (ARP), 791 (IPv4), 792 and
// 1812 (ICMP).
//
// Its network is 192.0.0.0/29, which RFC 7335 keeps for a link inside of a machine: no network that
// an operator may want to allow overlaps it.
#pragma once

#include "reach/guard.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mayfly::reach {

// IPv4 addresses in the machine's byte order.
inline constexpr std::uint32_t kSandboxNetwork = 0xC000'0000;  // 192.0.0.0
inline constexpr std::uint32_t kSandboxMask = 0xFFFF'FFF8;
inline constexpr std::uint32_t kGateway = kSandboxNetwork + 1;
inline constexpr std::uint32_t kSandbox = kSandboxNetwork + 2;
inline constexpr std::uint32_t kNameServer = kSandboxNetwork + 3;  // answers at port 53 only

// Of the device: few large frames for a stream, and not too large a buffer for one.
inline constexpr std::size_t kPacketMost = 16'384;
inline constexpr std::size_t kFrameMost = kPacketMost + 14;

struct Rules {
    Guard guard;                 // what is public, or allowed
    std::vector<Network> own{};  // the machine's own addresses: only what is allowed by name
};

enum class Verdict : std::uint8_t {
    pass,
    drop,    // it is no traffic of a function; nobody waits for an answer
    refuse,  // it is told so: refusal()
};

// What a frame that passes may begin.
enum class Begins : std::uint8_t { nothing, stream, datagrams };

struct Judged {
    Verdict verdict = Verdict::drop;
    Begins begins = Begins::nothing;
};

// IPv4 with TCP or UDP to an address that may be reached, and ARP. No IP options, no fragments of
// TCP: what is judged is what arrives.
Judged judge(std::span<const std::uint8_t> frame, const Rules& rules);

// Whether connections to an address may be made.
bool may_reach(std::uint32_t address, const Rules& rules);

// Ethernet, IPv4, ICMP, and of the refused packet its header and 8 bytes (RFC 792).
inline constexpr std::size_t kRefusalMost = 14 + 20 + 8 + 20 + 8;

struct Refusal {
    std::array<std::uint8_t, kRefusalMost> bytes{};
    std::size_t size = 0;
};

// The answer to a frame judged `refuse`, or to one that passes and is refused for another reason:
// ICMP "communication administratively prohibited". A connect() that waits fails with EHOSTUNREACH.
Refusal refusal(std::span<const std::uint8_t> frame);

}  // namespace mayfly::reach
