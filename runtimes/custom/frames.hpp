// The worker's two pipes: frames of PROTOCOL.md come in by one and go out by the other.
#pragma once

#include "workers/wire.hpp"

#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>

namespace mayfly::custom {

// From the server. Any thread; one waits at a time, the others for it.
class Inbox {
public:
    struct Frame {
        workers::FrameHeader header;
        std::string payload;
    };

    explicit Inbox(int pipe) : pipe_(pipe) {}

    // The next frame. Ends this process when the server has let go of it, or breaks the protocol.
    Frame next();

private:
    void read_into(char* place, std::size_t bytes);
    std::size_t read_some(char* place, std::size_t bytes);

    const int pipe_;
    std::mutex one_reader_;
    std::string ahead_;  // read, but of the next frame
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
