// The IP stack of one sandbox (libslirp): what the sandbox sends by its device goes out as
// connections and datagrams of this process, and what comes back goes the other way.
//
// Frames are judged before the stack sees them (reach/frames.hpp), for it has no say in where it
// connects to.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "reach/frames.hpp"

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

struct Slirp;

namespace mayfly::relay {

class Stack;

struct Connections {
    std::size_t streams = 0, datagrams = 0;
};

// What the stacks of one process have in common.
struct Common {
    const Clock& clock;
    reach::Rules rules;
    Fd epoll;
    Connections connections{};                  // of all stacks
    std::unordered_map<int, Stack*> watched{};  // whose descriptor it is
    std::vector<std::uint8_t> frame = std::vector<std::uint8_t>(reach::kFrameMost);
};

// One thread.
class Stack {
public:
    // Watches the device by the common epoll. It is non-blocking.
    Stack(Fd device, Common& common);
    ~Stack();
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;

    // What epoll told of one of its descriptors, for the next turn.
    void note(int fd, std::uint32_t events);

    // Carries what is there, at most some frames, and looks at its clocks. What is left epoll tells
    // again.
    void turn();

    // When it wants a turn in any case.
    Time due() const { return due_; }

private:
    struct Calls;  // what the library calls
    struct Freed {
        void operator()(Slirp* slirp) const;
    };

    bool may_begin(reach::Begins what) const;
    void count(int fd, std::ptrdiff_t change);
    void take_frames();
    void take(std::span<const std::uint8_t> frame);
    void give(std::span<const std::uint8_t> frame) const;
    void watch_again();
    void watch(int fd, std::uint32_t events);

    Common& common_;
    Fd device_;
    Connections connections_;
    std::vector<std::pair<int, std::uint32_t>> wanted_;  // as the library last said, by its index
    std::unordered_map<int, std::uint32_t> watched_;     // its connections, in epoll
    std::unordered_map<int, std::uint32_t> noted_;
    Time due_ = Time::max();
    std::unique_ptr<Slirp, Freed> slirp_;  // last: it calls back while it goes
};

}  // namespace mayfly::relay
