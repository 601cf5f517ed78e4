// Frames as a sandbox's kernel sends them, to be judged by tests.
#pragma once

#include "reach/frames.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace mayfly::reach {

using Frame = std::vector<std::uint8_t>;

struct Sent {
    std::uint32_t to = 0x08080808, from = kSandbox;
    std::uint8_t protocol = 6;
    std::uint16_t port = 443;
    std::uint8_t flags = 0x02;        // of TCP: SYN
    std::uint16_t fragment = 0x4000;  // flags and offset of IPv4: not to be fragmented
    std::uint8_t version_and_length = 0x45;
    std::size_t inside = 40;  // bytes after the header of IPv4
};

inline Frame frame_of(const Sent& sent) {
    Frame f(14 + 20 + sent.inside);
    const auto put = [&](std::size_t at, std::uint32_t value, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i)
            f[at + i] = static_cast<std::uint8_t>(value >> (8 * (bytes - 1 - i)));
    };
    put(0, 0x52550000, 4);  // to the gateway's hardware address, from the device's
    put(6, 0x02aabbcc, 4);
    put(12, 0x0800, 2);
    f[14] = sent.version_and_length;
    put(16, static_cast<std::uint32_t>(20 + sent.inside), 2);
    put(20, sent.fragment, 2);
    f[22] = 64;
    f[23] = sent.protocol;
    put(26, sent.from, 4);
    put(30, sent.to, 4);
    if (sent.inside >= 4) put(36, sent.port, 2);
    if (sent.inside >= 14) f[34 + 13] = sent.flags;
    return f;
}

// Where a frame of IPv4 leads.
inline std::uint32_t destination(std::span<const std::uint8_t> frame) {
    std::uint32_t to = 0;
    for (const auto byte : frame.subspan(30, 4)) to = to << 8 | byte;
    return to;
}

}  // namespace mayfly::reach
