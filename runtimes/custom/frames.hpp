// The worker's two pipes: frames of PROTOCOL.md come in by one and go out by the other.
#pragma once

#include "base/fd.hpp"
#include "workers/wire.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace mayfly::custom {

// From the server. Any thread; one reads at a time, and whoever waits for what it has not read, for
// it.
class Inbox {
public:
    struct Frame {
        workers::FrameHeader header;
        std::string payload;
    };

    explicit Inbox(int pipe) : pipe_(pipe) {}

    // The next frame that is not about a call which runs. Ends this process when the server has let
    // go of it, or breaks the protocol.
    Frame next();

    // Of a call that answers in parts: how many bytes may be sent, `wanted` at most. Waits until
    // there are some; 0: nobody reads the rest. Between the two others, which open and close it.
    std::size_t take_credit(std::uint64_t call, std::size_t wanted);
    void open_credit(std::uint64_t call, std::size_t bytes);
    void close_credit(std::uint64_t call);

    // Of a call whose request's body comes in parts.
    struct Part {
        std::string bytes;       // of several together
        std::uint8_t flags = 0;  // BodyFlag
    };

    // What came of it since; does not wait. Whoever has other things to wait for too waits until
    // one of the descriptors that signs() gives is readable (-1: there is none), and heeds it.
    // Between the two others, which open and close it.
    Part take_body(std::uint64_t call);
    std::array<int, 2> signs(std::uint64_t call);
    void heed(std::uint64_t call);
    void open_body(std::uint64_t call);
    void close_body(std::uint64_t call);

private:
    struct Credit {
        std::size_t bytes = 0;
        bool unread = false;
    };
    struct Body {
        Part part{};
        Fd bell;  // readable: look again, at the part and at who reads
    };
    using Lock = std::unique_lock<std::mutex>;

    void read_or_wait(Lock& lock);
    void hand_out(Frame frame);
    void ring_bells();
    Frame read_frame();
    void read_into(char* place, std::size_t bytes);
    std::size_t read_some(char* place, std::size_t bytes);

    const int pipe_;
    std::mutex mutex_;
    std::condition_variable came_;
    bool reading_ = false;                              // one thread does
    std::deque<Frame> frames_;                          // read, and nobody's yet
    std::unordered_map<std::uint64_t, Credit> credit_;  // by call
    std::unordered_map<std::uint64_t, Body> bodies_;    // by call
    std::string ahead_;                                 // read, but of the next frame; the reader's
};

// To the server. Any thread.
class Outbox {
public:
    explicit Outbox(int pipe) : pipe_(pipe) {}

    // One frame; its payload is the parts, one after the other. Ends this process if the server
    // hears us no more.
    void send(workers::FrameType type, std::uint8_t flags, std::uint64_t call,
              std::initializer_list<std::string_view> parts);

private:
    const int pipe_;
    std::mutex one_writer_;
};

}  // namespace mayfly::custom
