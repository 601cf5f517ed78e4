#include "workers/ring.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <array>
#include <cstring>
#include <semaphore>
#include <stop_token>
#include <thread>

namespace mayfly::workers {
namespace {

using namespace std::chrono_literals;

// Both ends of one ring.
struct Table {
    Table() : Table(RingMemory::make().value()) {}
    explicit Table(std::pair<RingMemory, Fd> made)
        : memory(std::move(made.first)),
          file(std::move(made.second)),
          writer(memory, Way::to_server),
          reader(memory, Way::to_server) {}

    std::optional<std::uint32_t> put(std::uint64_t call, std::string_view payload,
                                     std::uint32_t after = 0) {
        const auto head = encode({.length = static_cast<std::uint32_t>(payload.size()),
                                  .type = FrameType::answer,
                                  .call = call});
        return writer.put(after, std::array{std::string_view(head.data(), head.size()), payload});
    }
    // The call of the frame that came; 0 if none did.
    std::uint64_t get(std::uint32_t passed = 0) {
        const auto whole = reader.next(passed, frame);
        return whole && *whole ? frame.header.call : 0;
    }
    bool is_refused() { return !reader.next(0, frame).has_value(); }
    void write(std::size_t place, std::uint32_t word) {
        std::memcpy(memory.data(Way::to_server) + place, &word, sizeof word);
    }

    RingMemory memory;
    Fd file;
    RingWriter writer;
    RingReader reader;
    FrameReader::Frame frame;
};

TEST(Ring, WhatIsPutInComesOutInItsOrder) {
    Table table;
    table.put(1, "one");
    table.put(2, "");
    EXPECT_EQ(table.get(), 1u);
    EXPECT_EQ(table.frame.payload, "one");
    EXPECT_EQ(table.get(), 2u);
    EXPECT_EQ(table.frame.payload, "");
    EXPECT_EQ(table.get(), 0u);
}

TEST(Ring, AFrameWaitsForThoseOfThePipeThatItFollows) {
    Table table;
    table.put(1, "one", 1);
    table.put(2, "two", 2);
    EXPECT_EQ(table.get(0), 0u);
    EXPECT_EQ(table.get(1), 1u);
    EXPECT_EQ(table.get(1), 0u);
    EXPECT_EQ(table.get(2), 2u);
}

TEST(Ring, FramesOfEverySizeGoRound) {
    Table table;
    std::uint64_t put = 0, got = 0;
    for (std::size_t size = 0; size < 20'000; size += 7) {
        const std::string payload(size % 5'000, static_cast<char>('a' + size % 26));
        while (!table.put(put + 1, payload)) {
            ASSERT_EQ(table.get(), got + 1);
            ++got;
        }
        ++put;
    }
    while (table.get() == got + 1) {
        ++got;
        EXPECT_EQ(table.frame.payload.find_first_not_of(table.frame.payload[0]), std::string::npos);
    }
    EXPECT_EQ(got, put);
}

TEST(Ring, OneThatIsFullTakesNoMoreUntilSomethingIsRead) {
    Table table;
    const std::string payload(4'000, 'x');
    std::uint64_t calls = 0;
    while (table.put(calls + 1, payload)) ++calls;
    EXPECT_EQ(calls, kRingBytes / 4'024);
    EXPECT_EQ(table.get(), 1u);
    EXPECT_FALSE(table.put(99, std::string(8'000, 'x')));
    EXPECT_EQ(table.get(), 2u);
    EXPECT_TRUE(table.put(99, payload));
}

TEST(Ring, WhatIsTooLongGoesAnotherWay) {
    Table table;
    EXPECT_FALSE(table.put(1, std::string(kRingEntryBytesMax, 'x')));
    EXPECT_EQ(table.get(), 0u);
}

TEST(Ring, OneThatIsEmptyEachTimeUsesLittleMemory) {
    Table table;
    for (std::uint64_t call = 1; call <= 1'000; ++call) {
        const auto begin = table.put(call, std::string(1'500, 'x'));
        ASSERT_TRUE(begin);
        EXPECT_LT(*begin % kRingBytes, 4'096u);
        ASSERT_EQ(table.get(), call);
    }
}

TEST(Ring, TheOldestThatWasNotReadComesBack) {
    Table table;
    const auto first = table.put(1, "one"), second = table.put(2, "two");
    EXPECT_FALSE(table.writer.take_back(*second, kFrameHeaderBytes + 3)) << "there is an older one";
    EXPECT_TRUE(table.writer.take_back(*first, kFrameHeaderBytes + 3));
    EXPECT_FALSE(table.writer.take_back(*first, kFrameHeaderBytes + 3));
    EXPECT_EQ(table.writer.oldest(), second);
}

TEST(Ring, TheOneBehindItsEndComesBackToo) {
    Table table;
    const std::string payload(3'000, 'x');
    std::uint64_t calls = 0;
    std::optional<std::uint32_t> begin;
    do {  // until one begins again at its beginning
        table.put(++calls, payload);
        table.get();
        begin = table.put(++calls, payload);
    } while (table.get() == calls && *begin % kRingBytes != 0);
    ASSERT_EQ(*begin % kRingBytes, 0u);
    const auto last = table.put(++calls, payload);
    EXPECT_EQ(table.writer.oldest(), last);
    EXPECT_TRUE(table.writer.take_back(*last, kFrameHeaderBytes + payload.size()));
    EXPECT_EQ(table.writer.oldest(), std::nullopt);
}

TEST(Ring, AReaderThatSleepsIsWokenOnce) {
    Table table;
    table.get();
    EXPECT_FALSE(table.writer.wakes());
    EXPECT_TRUE(table.reader.sleep());
    table.put(1, "one");
    EXPECT_TRUE(table.writer.wakes());
    EXPECT_FALSE(table.writer.wakes());
}

TEST(Ring, AReaderDoesNotSleepOverWhatHasJustCome) {
    Table table;
    table.get();
    table.put(1, "one");
    EXPECT_FALSE(table.reader.sleep());
    EXPECT_FALSE(table.writer.wakes());
    EXPECT_EQ(table.get(), 1u);
}

TEST(Ring, AReaderSleepsWhileWhatCameWaitsForThePipe) {
    Table table;
    table.put(1, "one", 1);
    EXPECT_EQ(table.get(0), 0u);
    EXPECT_TRUE(table.reader.sleep());
}

// Both at full speed, on two threads: nobody sleeps for good.
TEST(Ring, NoFrameAndNoWakeUpIsLost) {
    constexpr std::uint64_t kCalls = 200'000;
    Table table;
    std::counting_semaphore<> bell(0);
    std::jthread writes([&](const std::stop_token& stop) {
        for (std::uint64_t call = 1; call <= kCalls && !stop.stop_requested();) {
            if (table.put(call, std::string(call % 300, 'x'))) ++call;
            else std::this_thread::yield();
            if (table.writer.wakes()) bell.release();
        }
    });
    std::uint64_t got = 0;
    while (got < kCalls) {
        if (const auto call = table.get()) {
            ASSERT_EQ(call, ++got);
        } else if (table.reader.sleep() && !bell.try_acquire_for(20s)) {
            FAIL() << "it sleeps, and " << kCalls - got << " are to come";
        }
    }
}

TEST(Ring, ItsMemoryCannotBeMadeShorter) {
    Table table;
    EXPECT_NE(::ftruncate(table.file.get(), 0), 0);
}

TEST(Ring, WhatIsNoFrameIsRefused) {
    struct Nonsense {
        std::size_t place;
        std::uint32_t word;
    };
    for (const auto [place, word] : {Nonsense{0, 0},           // nothing more, and yet there is
                                     Nonsense{0, 8},           // no room for a header
                                     Nonsense{0, 33},          // no place for the next
                                     Nonsense{0, 0x80000000},  // past the end
                                     Nonsense{8, 1'000},       // longer than its place
                                     Nonsense{8, 0xffffffff}, Nonsense{12, 77}}) {  // of no type
        Table table;
        table.put(1, "12345678");
        table.write(place, word);
        EXPECT_TRUE(table.is_refused()) << place << ' ' << word;
    }
}

TEST(Ring, ATailThatIsAnywhereIsRefused) {
    for (const std::uint32_t tail : {1u, 20u, 32'768u, 32'776u, 0xffffffffu}) {
        Table table;
        std::memcpy(table.memory.control(Way::to_server) + 64, &tail, sizeof tail);
        table.write(0, 0xfff8);
        EXPECT_TRUE(table.is_refused()) << tail;
    }
}

}  // namespace
}  // namespace mayfly::workers
