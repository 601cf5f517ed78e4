#include "reach/frames.hpp"

#include "reach/frame_for_tests.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mayfly::reach {
namespace {

constexpr std::uint32_t ip(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24 | b << 16 | c << 8 | d;
}
constexpr std::uint8_t kTcp = 6, kUdp = 17, kIcmp = 1;

Rules rules(std::string_view allowed = "") {
    return {Guard::allowing(allowed).value(),
            {parse_network("127.0.0.0/8").value(), parse_network("10.1.0.5").value(),
             parse_network("93.184.216.34").value()}};
}

Verdict verdict(const Sent& sent, std::string_view allowed = "") {
    return judge(frame_of(sent), rules(allowed)).verdict;
}

TEST(Frames, ToThePublicPassAndToAllElseAreRefused) {
    for (const auto protocol : {kTcp, kUdp}) {
        EXPECT_EQ(verdict({.to = ip(8, 8, 8, 8), .protocol = protocol}), Verdict::pass);
        for (const auto to : {ip(127, 0, 0, 1), ip(10, 1, 0, 5), ip(10, 2, 0, 1),
                              ip(169, 254, 169, 254), ip(192, 168, 1, 1), ip(224, 0, 0, 1),
                              ip(255, 255, 255, 255), ip(0, 0, 0, 0), ip(100, 100, 100, 200)})
            EXPECT_EQ(verdict({.to = to, .protocol = protocol}), Verdict::refuse) << std::hex << to;
    }
}

TEST(Frames, TheMachinesOwnAddressesAreAllowedByNameOnly) {
    const auto own = ip(10, 1, 0, 5), its_public = ip(93, 184, 216, 34);
    EXPECT_EQ(verdict({.to = ip(10, 1, 0, 6)}, "10.1.0.0/16"), Verdict::pass);
    EXPECT_EQ(verdict({.to = own}, "10.1.0.0/16"), Verdict::refuse);
    EXPECT_EQ(verdict({.to = own}, "10.1.0.5"), Verdict::pass);
    EXPECT_EQ(verdict({.to = its_public}), Verdict::refuse);
    EXPECT_EQ(verdict({.to = its_public}, "93.184.216.34"), Verdict::pass);
    EXPECT_EQ(verdict({.to = ip(127, 0, 0, 1)}, "127.0.0.1"), Verdict::refuse);
}

TEST(Frames, OfItsOwnNetworkOnlyTheNameServerIsThere) {
    EXPECT_EQ(verdict({.to = kNameServer, .protocol = kUdp, .port = 53}), Verdict::pass);
    EXPECT_EQ(verdict({.to = kNameServer, .protocol = kTcp, .port = 53}), Verdict::pass);
    EXPECT_EQ(verdict({.to = kNameServer, .protocol = kTcp, .port = 80}), Verdict::refuse);
    for (std::uint32_t n = 0; n < 8; ++n)
        if (kSandboxNetwork + n != kNameServer)
            EXPECT_EQ(verdict({.to = kSandboxNetwork + n, .port = 53}), Verdict::refuse) << n;
}

TEST(Frames, OnlyWhatBeginsAConnectionIsCountedAsOne) {
    const auto begins = [](const Sent& sent) { return judge(frame_of(sent), rules()).begins; };
    EXPECT_EQ(begins({.flags = 0x02}), Begins::stream);
    EXPECT_EQ(begins({.flags = 0x10}), Begins::nothing);
    EXPECT_EQ(begins({.flags = 0x12}), Begins::nothing);
    EXPECT_EQ(begins({.protocol = kUdp}), Begins::datagrams);
}

TEST(Frames, NoDisguiseGetsThrough) {
    const auto out = ip(8, 8, 8, 8);
    EXPECT_EQ(verdict({.to = out, .from = kSandbox + 4}), Verdict::drop);  // another's address
    EXPECT_EQ(verdict({.to = out, .version_and_length = 0x46}), Verdict::refuse);  // a source route
    EXPECT_EQ(verdict({.to = out, .version_and_length = 0x65}), Verdict::drop);
    EXPECT_EQ(verdict({.to = out, .version_and_length = 0x44}), Verdict::refuse);
    EXPECT_EQ(verdict({.to = out, .fragment = 0x2000}), Verdict::drop);  // its flags come later
    EXPECT_EQ(verdict({.to = out, .fragment = 0x0001}), Verdict::drop);
    EXPECT_EQ(verdict({.to = out, .inside = 19}), Verdict::drop);
    EXPECT_EQ(verdict({.to = out, .protocol = kUdp, .inside = 7}), Verdict::drop);
    EXPECT_EQ(verdict({.to = out, .protocol = kIcmp}), Verdict::drop);
    EXPECT_EQ(verdict({.to = out, .protocol = 41}), Verdict::refuse);  // IPv6 inside
    auto ipv6 = frame_of({.to = out});
    ipv6[12] = 0x86, ipv6[13] = 0xdd;
    EXPECT_EQ(judge(ipv6, rules()).verdict, Verdict::drop);
    auto too_long = frame_of({.to = out});
    too_long[17] += 1;  // than there is
    EXPECT_EQ(judge(too_long, rules()).verdict, Verdict::drop);
}

TEST(Frames, LargeDatagramsMayComeInFragments) {
    const auto out = ip(8, 8, 8, 8);
    EXPECT_EQ(verdict({.to = out, .protocol = kUdp, .fragment = 0x2000}), Verdict::pass);
    EXPECT_EQ(verdict({.to = out, .protocol = kUdp, .fragment = 0x0100}), Verdict::pass);
    EXPECT_EQ(verdict({.to = ip(10, 0, 0, 1), .protocol = kUdp, .fragment = 0x0100}),
              Verdict::drop);  // its first one was refused
    EXPECT_EQ(verdict({.to = kNameServer, .protocol = kUdp, .port = 53, .fragment = 0x0100}),
              Verdict::drop);
}

TEST(Frames, OfArpOnlyTheSandboxsOwnPass) {
    Frame arp(42);
    const std::uint8_t head[] = {0x08, 0x06, 0, 1, 0x08, 0, 6, 4, 0, 1};
    std::ranges::copy(head, arp.begin() + 12);
    for (std::size_t i = 0; i < 4; ++i)
        arp[28 + i] = static_cast<std::uint8_t>(kSandbox >> (24 - 8 * i));
    EXPECT_EQ(judge(arp, rules()).verdict, Verdict::pass);
    auto others = arp;
    others[31] += 1;
    EXPECT_EQ(judge(others, rules()).verdict, Verdict::drop);
    auto longer = arp;
    longer[18] = 7;
    EXPECT_EQ(judge(longer, rules()).verdict, Verdict::drop);
    arp.pop_back();
    EXPECT_EQ(judge(arp, rules()).verdict, Verdict::drop);
}

TEST(Frames, ARefusalIsWhatAKernelTakes) {
    const auto frame = frame_of({.to = ip(10, 0, 0, 1)});
    const auto answer = refusal(frame);
    const std::span<const std::uint8_t> bytes(answer.bytes.data(), answer.size);
    ASSERT_EQ(bytes.size(), kRefusalMost);
    const auto sums_to_zero = [](std::span<const std::uint8_t> part) {
        std::uint32_t total = 0;
        for (std::size_t i = 0; i < part.size(); i += 2)
            total += static_cast<std::uint32_t>(part[i] << 8 | part[i + 1]);
        while (total >> 16) total = (total & 0xffff) + (total >> 16);
        return total == 0xffff;
    };
    EXPECT_TRUE(sums_to_zero(bytes.subspan(14, 20)));
    EXPECT_TRUE(sums_to_zero(bytes.subspan(34)));
    EXPECT_EQ(bytes[34], 3);
    EXPECT_EQ(bytes[35], 13);
    EXPECT_TRUE(std::ranges::equal(bytes.subspan(42), std::span(frame).subspan(14, 28)));
    EXPECT_TRUE(std::ranges::equal(bytes.first(6), std::span(frame).subspan(6, 6)));
}

// Whatever the bytes, and wherever they are cut: nothing passes that leads to where it may not.
TEST(Frames, InAnyShapeNothingLeadsWhereItMayNot) {
    std::mt19937 chance(7);
    const auto all = rules("10.3.0.0/16");
    int passed = 0;
    for (int round = 0; round < 200'000; ++round) {
        Sent sent;
        sent.protocol = chance() % 2 ? kTcp : kUdp;
        sent.to = chance() % 4 ? static_cast<std::uint32_t>(chance()) : ip(10, 3, 1, 1);
        auto frame = frame_of(sent);
        for (auto flips = chance() % 4; flips > 0; --flips)
            frame[chance() % frame.size()] = static_cast<std::uint8_t>(chance());
        if (chance() % 4 == 0) frame.resize(chance() % (frame.size() + 1));
        const auto judged = judge(frame, all);
        (void)refusal(frame);
        if (judged.verdict != Verdict::pass || frame[13] == 0x06) continue;
        ++passed;
        const auto to = destination(frame);
        const bool names = to == kNameServer && frame[36] == 0 && frame[37] == 53;
        ASSERT_TRUE(names || may_reach(to, all)) << round;
        ASSERT_EQ(frame[14], 0x45) << round;
    }
    EXPECT_GT(passed, 20'000);
}

}  // namespace
}  // namespace mayfly::reach
