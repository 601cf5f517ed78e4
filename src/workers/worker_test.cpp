#include "workers/worker.hpp"

#include "base/clock.hpp"
#include "io/timers_manual.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace mayfly::workers {
namespace {

struct StoppedClock final : Clock {
    Time now() const override { return Time{Seconds{1}}; }
    WallTime wall() const override { return WallTime{}; }
};

constexpr char kMark = 0x1e;

// A Worker, and the ends that its process would have.
struct Desk {
    explicit Desk(std::optional<RingMemory> shared = std::nullopt) {
        if (shared) to_worker.emplace(*shared, Way::to_worker);
        if (shared) to_server.emplace(*shared, Way::to_server);
        std::array<Fd, sandbox::kEnds> ours;
        for (std::size_t i = 0; i < sandbox::kEnds; ++i) {
            int ends[2];
            EXPECT_EQ(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
            const bool worker_reads = i == sandbox::kEndIn;
            ours[i] = Fd(ends[worker_reads ? 1 : 0]);
            theirs[i] = Fd(ends[worker_reads ? 0 : 1]);
        }
        worker = std::make_shared<Worker>(
            loop, clock, turns, std::move(ours), std::move(shared),
            Worker::Events{
                .stage = [](std::uint8_t, Time) {},
                .answer = [this](CallId, Answer answer) { answers.push_back(std::move(answer)); },
                .part = [this](CallId, std::uint8_t flags,
                               std::string bytes) { parts.emplace_back(flags, std::move(bytes)); },
                .credit = [this](CallId, std::uint32_t bytes) { asked += bytes; },
                .drained = [this] { ++drained; },
                .silent = [this] { silent = true; }});
        worker->listen();
    }

    std::string read() {
        char packet[65536];
        const auto n = ::read(theirs[sandbox::kEndIn].get(), packet, sizeof packet);
        return n > 0 ? std::string(packet, static_cast<std::size_t>(n)) : "";
    }

    void print(std::string_view text) { write(sandbox::kEndLog, text); }
    void run() {
        loop.restart();
        loop.poll();
    }
    void say(FrameType type, std::uint8_t flags, std::uint64_t call,
             std::string_view payload = {}) {
        tell(type, flags, call, payload);
        run();
    }
    void tell(FrameType type, std::uint8_t flags, std::uint64_t call,
              std::string_view payload = {}) {
        const auto head = encode({.length = static_cast<std::uint32_t>(payload.size()),
                                  .type = type,
                                  .flags = flags,
                                  .call = call});
        write(sandbox::kEndOut, std::string(head.data(), head.size()) + std::string(payload));
    }
    void answer(std::uint64_t call) { say(FrameType::answer, 0, call); }
    void part(std::uint64_t call, std::uint8_t flags, std::string_view payload) {
        say(FrameType::part, flags, call, payload);
    }
    void credit(std::uint64_t call, std::string_view payload) {
        say(FrameType::credit, 0, call, payload);
    }
    void write(sandbox::WorkerEnd end, std::string_view text) {
        ASSERT_EQ(::write(theirs[end].get(), text.data(), text.size()),
                  static_cast<ssize_t>(text.size()));
    }

    boost::asio::io_context loop;
    io::ManualTimers timers{loop};
    io::Turns turns{loop, timers};
    StoppedClock clock;
    std::array<Fd, sandbox::kEnds> theirs;
    std::optional<RingReader> to_worker;  // its ends of memory that is shared
    std::optional<RingWriter> to_server;
    std::shared_ptr<Worker> worker;
    std::vector<Answer> answers;
    std::vector<std::pair<std::uint8_t, std::string>> parts;
    std::size_t asked = 0;
    int drained = 0;
    bool silent = false;
};

TEST(Worker, OneReadTakesOneCall) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "event");
    desk.worker->call(CallId{2}, "second", "event");
    EXPECT_NE(desk.read().find("first"), std::string::npos);
    EXPECT_NE(desk.read().find("second"), std::string::npos);
    EXPECT_EQ(desk.read(), "");
}

TEST(Worker, ACallThatNobodyHasReadCanBeHadBack) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "event");
    desk.read();
    desk.worker->call(CallId{2}, "second", "event");
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{2});
    EXPECT_EQ(desk.read(), "");
}

TEST(Worker, OfSeveralUnreadCallsTheOldestComesBackFirst) {
    Desk desk;
    for (int n = 1; n <= 3; ++n)
        desk.worker->call(CallId{static_cast<std::uint64_t>(n)}, "call " + std::to_string(n),
                          "event");
    desk.read();
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{2});
    EXPECT_EQ(desk.worker->take_back(CallId{3}), CallId{3});
    EXPECT_EQ(desk.worker->take_back(CallId{3}), std::nullopt);
}

TEST(Worker, WhenTheFirstHasJustBegunTheNextComesBack) {
    Desk desk;
    for (int n = 1; n <= 3; ++n)
        desk.worker->call(CallId{static_cast<std::uint64_t>(n)}, "call " + std::to_string(n),
                          "event");
    desk.read(), desk.read();
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{3});
}

TEST(Worker, FromAPipeThatIsFullCallsComeBackTheNewestFirst) {
    Desk desk;
    ASSERT_EQ(::fcntl(desk.theirs[sandbox::kEndIn].get(), F_SETPIPE_SZ, 4096), 4096);
    for (std::uint64_t n = 1; n <= 4; ++n)
        desk.worker->call(CallId{n}, "id", std::string(2000, 'x'));
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{4});
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{3});
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{2});
    EXPECT_EQ(desk.worker->take_back(CallId{2}), std::nullopt);
    EXPECT_NE(desk.read().find("id"), std::string::npos);
}

TEST(Worker, ACallThatWasReadCannot) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "event");
    desk.worker->call(CallId{2}, "second", "event");
    desk.read(), desk.read();
    EXPECT_FALSE(desk.worker->take_back(CallId{2}));
}

TEST(Worker, TakingBackNeverTakesTheCallBefore) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "event");
    desk.worker->call(CallId{2}, "second", "event");
    EXPECT_FALSE(desk.worker->take_back(CallId{2}));
    EXPECT_NE(desk.read().find("first"), std::string::npos);
    EXPECT_NE(desk.read().find("second"), std::string::npos);
}

TEST(Worker, ALargeCallArrivesWholeAndCannotBeHadBack) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", std::string(20'000, 'x'));
    EXPECT_EQ(desk.read().size(), kFrameHeaderBytes + 1 + 5 + 4 + 20'000);
    desk.worker->call(CallId{2}, "second", std::string(20'000, 'x'));
    EXPECT_FALSE(desk.worker->take_back(CallId{2}));
}

TEST(Worker, EachCallGetsWhatItPrintedThoughTheNextHasBegun) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "");
    desk.worker->call(CallId{2}, "second", "");
    desk.print(
        "\x1e"
        "first\none\n\x1e"
        "second\ntwo\n");
    desk.answer(1);
    desk.print("and more\n");
    desk.answer(2);
    ASSERT_EQ(desk.answers.size(), 2u);
    EXPECT_EQ(desk.answers[0].log, "one\n");
    EXPECT_EQ(desk.answers[1].log, "two\nand more\n");
}

TEST(Worker, AHookIsSentAndLoggedAsACallIs) {
    Desk desk;
    desk.worker->hook(CallId{1}, "first", Hook::pre_stop);
    const auto frame = desk.read();
    EXPECT_EQ(frame.size(), kFrameHeaderBytes + 1 + 5 + 4);
    EXPECT_EQ(frame[4], static_cast<char>(FrameType::hook));
    EXPECT_EQ(frame[5], 2);
    desk.print(
        "\x1e"
        "first\nbye\n");
    desk.answer(1);
    ASSERT_EQ(desk.answers.size(), 1u);
    EXPECT_EQ(desk.answers[0].log, "bye\n");
}

TEST(Worker, PrintsWithoutAMarkAreThoseOfThePresentCall) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "");
    desk.print("from a child\n");
    desk.answer(1);
    ASSERT_EQ(desk.answers.size(), 1u);
    EXPECT_EQ(desk.answers[0].log, "from a child\n");
}

TEST(Worker, PartsComeAsTheyAreSent) {
    Desk desk;
    desk.part(7, kHead, "first");
    desk.part(7, 0, "second");
    using Part = std::pair<std::uint8_t, std::string>;
    EXPECT_EQ(desk.parts, (std::vector<Part>{{kHead, "first"}, {0, "second"}}));
    EXPECT_FALSE(desk.silent);
}

TEST(Worker, APartThatIsTooLongIsNotWaitedFor) {
    Desk desk;
    const auto head =
        encode({.length = kPartBytesMax + 1, .type = FrameType::part, .flags = kHead, .call = 7});
    desk.write(sandbox::kEndOut, {head.data(), head.size()});
    desk.loop.poll();
    EXPECT_TRUE(desk.silent);
}

TEST(Worker, AWorkerAsksForMoreOfABodyAndSaysHowMuch) {
    Desk desk;
    desk.credit(7, std::string("\1\2\0\0", 4));
    EXPECT_EQ(desk.asked, 0x0201u);
    EXPECT_FALSE(desk.silent);
    desk.credit(7, "");
    EXPECT_TRUE(desk.silent);
}

TEST(Worker, APartOfABodyIsAFrameAndACallItPassedStays) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "");
    desk.worker->call(CallId{2}, "second", "");
    desk.read();
    desk.worker->pass_on(CallId{1}, kLast, "abc");
    EXPECT_FALSE(desk.worker->take_back(CallId{2}));
    EXPECT_NE(desk.read().find("second"), std::string::npos);
    EXPECT_EQ(desk.read(), std::string("\3\0\0\0\6\2\0\0\1\0\0\0\0\0\0\0abc", 19));
}

TEST(Worker, ItIsFullUntilItsProcessReads) {
    Desk desk;
    desk.worker->call(CallId{1}, "id", "");
    for (int n = 0; n < 5; ++n)
        desk.worker->pass_on(CallId{1}, 0, std::string(kBodyPieceBytes, 'x'));
    EXPECT_TRUE(desk.worker->is_full());
    desk.loop.poll();
    EXPECT_EQ(desk.drained, 0);
    for (int n = 0; n < 3; ++n) {
        desk.read();
        desk.loop.restart();
        desk.loop.poll();
    }
    EXPECT_FALSE(desk.worker->is_full());
    EXPECT_EQ(desk.drained, 1);
}

TEST(Worker, WhatIsGrantedIsAFrameOfItsOwn) {
    Desk desk;
    desk.worker->call(CallId{7}, "id", "");
    desk.read();
    desk.worker->grant(CallId{7}, 0x01020304);
    desk.worker->leave_unread(CallId{7});
    EXPECT_EQ(desk.read(), std::string("\4\0\0\0\7\0\0\0\7\0\0\0\0\0\0\0\4\3\2\1", 20));
    EXPECT_EQ(desk.read(), std::string("\4\0\0\0\7\1\0\0\7\0\0\0\0\0\0\0\0\0\0\0", 20));
}

TEST(Worker, ACallThatACreditHasPassedStaysAndOneBehindItComesBack) {
    Desk desk;
    desk.worker->call(CallId{1}, "first", "");
    desk.worker->call(CallId{2}, "second", "");
    desk.read();
    desk.worker->grant(CallId{1}, 9);
    EXPECT_FALSE(desk.worker->take_back(CallId{2}));
    EXPECT_NE(desk.read().find("second"), std::string::npos);
    EXPECT_FALSE(desk.worker->take_back(CallId{2})) << "the credit is no call";
    desk.worker->call(CallId{3}, "third", "");
    EXPECT_FALSE(desk.worker->take_back(CallId{3})) << "the credit before it is unread";
    desk.read();
    EXPECT_EQ(desk.worker->take_back(CallId{3}), CallId{3});
}

// Its process shares memory with it, and says so.
struct SharedDesk : Desk {
    SharedDesk() : Desk(RingMemory::make().value().first) {
        worker->call(CallId{1}, "first", "");
        read();
        say(FrameType::stage, kShares, 0);
    }

    // By memory; wakes it, if it sleeps.
    void answer_shared(std::uint64_t call, std::uint32_t after = 1) {
        const auto head = encode({.type = FrameType::answer, .call = call});
        ASSERT_TRUE(to_server->put(after, std::array{std::string_view(head.data(), head.size())}));
        if (to_server->wakes()) say(FrameType::bell, 0, 0);
        run();
    }
    // The call that came by memory; 0 if none did.
    std::uint64_t shared(std::uint32_t passed = 1) {
        FrameReader::Frame frame;
        return to_worker->next(passed, frame).value() ? frame.header.call : 0;
    }
};

TEST(Worker, ShortCallsGoByMemoryOnceItsProcessShares) {
    SharedDesk desk;
    desk.worker->call(CallId{2}, "second", "event");
    EXPECT_EQ(desk.read(), "");
    EXPECT_EQ(desk.shared(), 2u);
}

TEST(Worker, AProcessThatSleepsIsWokenByItsPipe) {
    SharedDesk desk;
    EXPECT_EQ(desk.shared(), 0u);
    EXPECT_TRUE(desk.to_worker->sleep());
    desk.worker->call(CallId{2}, "second", "event");
    desk.worker->call(CallId{3}, "third", "event");
    const auto bell = encode({.type = FrameType::bell});
    EXPECT_EQ(desk.read(), std::string(bell.data(), bell.size()));
    EXPECT_EQ(desk.shared(), 2u);
    EXPECT_EQ(desk.shared(), 3u);
}

TEST(Worker, ALongCallGoesByThePipeAndKeepsItsPlace) {
    SharedDesk desk;
    desk.worker->call(CallId{2}, "second", "event");
    desk.worker->call(CallId{3}, "third", std::string(20'000, 'x'));
    desk.worker->call(CallId{4}, "fourth", "event");
    EXPECT_EQ(desk.shared(1), 2u);
    EXPECT_EQ(desk.shared(1), 0u) << "the pipe has one before it";
    EXPECT_GT(desk.read().size(), 20'000u);
    EXPECT_EQ(desk.shared(2), 4u);
}

TEST(Worker, AnswersByMemoryAndByThePipeComeInTheirOrder) {
    SharedDesk desk;
    for (std::uint64_t n = 2; n <= 4; ++n) desk.worker->call(CallId{n}, std::to_string(n), "");
    const auto head = encode({.type = FrameType::answer, .call = 3});
    ASSERT_TRUE(
        desk.to_server->put(2, std::array{std::string_view(head.data(), head.size())}));  // after 1
    desk.print(
        "\x1e"
        "1\none\n");
    desk.answer(1);
    ASSERT_EQ(desk.answers.size(), 2u);
    desk.answer_shared(4, 2);
    EXPECT_EQ(desk.answers.size(), 3u);
    EXPECT_FALSE(desk.silent);
}

TEST(Worker, AnswersThatAreInMemoryTogetherHaveEachItsLog) {
    SharedDesk desk;
    desk.answer(1);
    for (std::uint64_t n = 2; n <= 4; ++n) desk.worker->call(CallId{n}, std::to_string(n), "");
    for (std::uint64_t n = 2; n <= 3; ++n) {
        desk.print(fmt::format("{}{}\nof {}\n", kMark, n, n));
        const auto head = encode({.type = FrameType::answer, .call = n});
        desk.to_server->put(2, std::array{std::string_view(head.data(), head.size())});
    }
    desk.print("and more\n");
    desk.say(FrameType::bell, 0, 0);
    desk.print(fmt::format("{}4\nof 4\n", kMark));
    desk.answer_shared(4, 2);
    ASSERT_EQ(desk.answers.size(), 4u);
    EXPECT_EQ(desk.answers[1].log, "of 2\n");
    EXPECT_EQ(desk.answers[2].log, "of 3\nand more\n");
    EXPECT_EQ(desk.answers[3].log, "of 4\n");
}

TEST(Worker, AnswersThatFollowNeedNotWakeTheServer) {
    SharedDesk desk;
    for (std::uint64_t n = 2; n <= 4; ++n) desk.worker->call(CallId{n}, std::to_string(n), "");
    const auto head = encode({.type = FrameType::answer, .call = 2});
    const std::array frame{std::string_view(head.data(), head.size())};
    ASSERT_TRUE(desk.to_server->put(1, frame));
    EXPECT_TRUE(desk.to_server->wakes()) << "it had nothing to listen to";
    desk.tell(FrameType::bell, 0, 0);
    desk.loop.restart();
    while (desk.answers.empty()) desk.loop.poll_one();
    ASSERT_TRUE(desk.to_server->put(1, frame));
    EXPECT_FALSE(desk.to_server->wakes()) << "it looks again by itself";
    desk.run();
    EXPECT_EQ(desk.answers.size(), 2u);
    EXPECT_TRUE(desk.to_server->wakes()) << "nothing more came, so it sleeps";
}

TEST(Worker, ACallThatNobodyHasReadCanBeHadBackFromMemory) {
    SharedDesk desk;
    for (std::uint64_t n = 2; n <= 4; ++n) desk.worker->call(CallId{n}, std::to_string(n), "");
    EXPECT_FALSE(desk.worker->take_back(CallId{3})) << "the one before it was not read";
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{2});
    EXPECT_EQ(desk.worker->take_back(CallId{2}), std::nullopt) << "it is gone";
    EXPECT_EQ(desk.worker->take_back(CallId{3}), CallId{3});
    EXPECT_EQ(desk.worker->take_back(CallId{1}), CallId{4});
    EXPECT_EQ(desk.worker->take_back(CallId{1}), std::nullopt);
}

TEST(Worker, ACallHadBackFromThePipeLeavesNoGap) {
    Desk desk(RingMemory::make().value().first);
    desk.worker->call(CallId{1}, "first", "");
    desk.read();
    desk.worker->call(CallId{2}, "second", "");
    EXPECT_EQ(desk.worker->take_back(CallId{2}), CallId{2});
    desk.say(FrameType::stage, kShares, 0);
    desk.worker->call(CallId{3}, "third", "");
    FrameReader::Frame frame;
    EXPECT_TRUE(desk.to_worker->next(1, frame).value()) << "one came by the pipe";
}

TEST(Worker, WhatIsInMemoryIsHeardBeforeItsEnd) {
    SharedDesk desk;
    std::size_t calls = 0;
    for (const auto head = encode({.type = FrameType::answer, .call = 1});
         desk.to_server->put(1, std::array{std::string_view(head.data(), head.size())});)
        ++calls;
    desk.theirs[sandbox::kEndOut].reset();
    desk.run();
    EXPECT_EQ(desk.answers.size(), calls);
    EXPECT_TRUE(desk.silent);
}

TEST(Worker, WhatIsInMemoryIsPartOfTheRest) {
    SharedDesk desk;
    desk.tell(FrameType::answer, 0, 1);
    const auto head = encode({.type = FrameType::answer, .call = 2});
    ASSERT_TRUE(desk.to_server->put(2, std::array{std::string_view(head.data(), head.size())}));
    desk.worker->read_rest();
    EXPECT_EQ(desk.answers.size(), 2u);
}

TEST(Worker, OneWithoutMemoryCannotShareIt) {
    Desk desk;
    desk.say(FrameType::stage, kShares, 0);
    EXPECT_TRUE(desk.silent);
}

TEST(Worker, MemoryThatHoldsNonsenseEndsIt) {
    SharedDesk desk;
    const auto head = encode({.type = FrameType::credit, .call = 1});
    ASSERT_TRUE(desk.to_server->put(1, std::array{std::string_view(head.data(), head.size())}));
    desk.say(FrameType::bell, 0, 0);
    EXPECT_TRUE(desk.silent) << "a credit without its number";
}

}  // namespace
}  // namespace mayfly::workers
