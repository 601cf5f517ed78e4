#include "workers/wire.hpp"

#include "base/rng.hpp"

#include <gtest/gtest.h>

#include <vector>

using namespace mayfly;
using namespace mayfly::workers;

namespace {

std::string bytes_of(const FrameHeader& header, std::string_view payload) {
    const auto head = encode(header);
    return std::string(head.data(), head.size()) + std::string(payload);
}

TEST(Wire, FramesComeOutWholeHoweverTheStreamIsCut) {
    SeededRng rng(1);
    for (int round = 0; round < 200; ++round) {
        std::string stream;
        std::vector<std::string> payloads;
        for (int i = 0; i < 5; ++i) {
            payloads.emplace_back(rng.next() % 300, static_cast<char>('a' + i));
            stream += bytes_of({.length = static_cast<std::uint32_t>(payloads.back().size()),
                                .type = FrameType::answer,
                                .flags = kRaised,
                                .call = static_cast<std::uint64_t>(i) << 40},
                               payloads.back());
        }
        FrameReader reader;
        FrameReader::Frame frame;
        std::size_t seen = 0;
        for (std::size_t at = 0; at < stream.size();) {
            const auto piece = std::min<std::size_t>(1 + rng.next() % 97, stream.size() - at);
            reader.feed(std::string_view(stream).substr(at, piece));
            at += piece;
            while (reader.next(frame).value()) {
                EXPECT_EQ(frame.payload, payloads.at(seen));
                EXPECT_EQ(frame.header.call, static_cast<std::uint64_t>(seen) << 40);
                EXPECT_EQ(frame.header.flags, kRaised);
                ++seen;
            }
        }
        EXPECT_EQ(seen, payloads.size());
    }
}

TEST(Wire, BytesOfTheFirstVersionAreReadForEver) {
    FrameReader reader;
    FrameReader::Frame frame;
    reader.feed(std::string_view("\x03\0\0\0\x03\x02\0\0\x07\0\0\0\0\0\0\0abc", 19));
    ASSERT_TRUE(reader.next(frame).value());
    EXPECT_EQ(frame.header.type, FrameType::answer);
    EXPECT_EQ(frame.header.call, 7u);
    EXPECT_EQ(frame.payload, "abc");
}

TEST(Wire, AFrameThatBreaksTheRulesIsRefusedBeforeItsPayloadIsRead) {
    for (const auto& bad : {std::string("\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0", 16),
                            std::string("\0\0\0\xff\x03\0\0\0\0\0\0\0\0\0\0\0", 16),
                            std::string("\0\0\0\0\x03\0\x01\0\0\0\0\0\0\0\0\0", 16)}) {
        FrameReader reader;
        FrameReader::Frame frame;
        reader.feed(bad);
        EXPECT_FALSE(reader.next(frame));
    }
}

TEST(Wire, AStageSaysWhenItWasButNeverAMomentToCome) {
    const Time now{Seconds{5}};
    const auto at = [](std::int64_t micros) {
        return std::string(reinterpret_cast<const char*>(&micros), sizeof micros);
    };
    EXPECT_EQ(stage_time(at(4'000'000), now), Time{Seconds{4}});
    EXPECT_EQ(stage_time(at(6'000'000), now), now);
    EXPECT_EQ(stage_time(at(-1), now), now);
    EXPECT_EQ(stage_time("", now), now);
    EXPECT_EQ(stage_time("nine bytes", now), now);
}

}  // namespace
