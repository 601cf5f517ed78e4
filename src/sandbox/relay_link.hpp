// The launcher's end of mayfly-net: starts the program with the first sandbox that may reach the
// internet, hands it that sandbox's device, and tells it when the sandbox is gone.
//
// Used by the launcher only (one thread).
#pragma once

#include "base/fd.hpp"
#include "sandbox/message_line.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mayfly::sandbox {

// Launcher to mayfly-net, with the device's descriptor beside one that is `carry`.
struct RelayOrder {
    enum class Type : std::uint8_t { carry, drop } type = Type::carry;
    std::uint64_t worker = 0;
};

// Who mayfly-net is outside: a user of its own, below those of the workers.
inline constexpr std::uint32_t kRelayUid = 99'999;

struct RelayOptions {
    std::string program;  // mayfly-net
    std::string allowed;  // networks besides the public ones, as --internet-allow has them
    bool rootless = false;
};

class RelayLink {
public:
    // `epoll` watches the program's socket for as long as there is one; the caller's to keep.
    RelayLink(RelayOptions options, int epoll) : options_(std::move(options)), epoll_(epoll) {}
    ~RelayLink() { stop(); }
    RelayLink(const RelayLink&) = delete;
    RelayLink& operator=(const RelayLink&) = delete;

    // What this host lacks for it, with the remedy; empty if nothing.
    std::string missing() const;

    // The way out of one sandbox; it ends with this handle.
    class WayOut {
    public:
        WayOut() = default;
        WayOut(RelayLink& link, std::uint64_t worker) : link_(&link), worker_(worker) {}
        WayOut(WayOut&& other) noexcept
            : link_(std::exchange(other.link_, nullptr)), worker_(other.worker_) {}
        WayOut& operator=(WayOut&& other) noexcept {
            std::swap(link_, other.link_);
            std::swap(worker_, other.worker_);
            return *this;
        }
        ~WayOut() {
            if (link_) link_->drop(worker_);
        }
        explicit operator bool() const { return link_ != nullptr; }

    private:
        RelayLink* link_ = nullptr;
        std::uint64_t worker_ = 0;
    };

    // Takes the device: what the sandbox sends waits in it until the program reads it, so nobody
    // waits for that. None with errno set if the program cannot be started.
    WayOut carry(std::uint64_t worker, Fd device);

    // What epoll tells of: -1 while there is none.
    int socket() const { return socket_.get(); }

    // When epoll tells of it. Of a program that has ended: reaps it and says how, and the next
    // carry() starts another.
    std::optional<std::string> on_ready();

    void stop();  // without waiting

private:
    bool start();
    void drop(std::uint64_t worker);
    void send(const RelayOrder& order, std::vector<Fd> beside);
    void watch(int operation);

    RelayOptions options_;
    int epoll_;
    Fd socket_, pidfd_;
    bool wants_room_ = false;
    std::unique_ptr<MessageLine<RelayOrder>> orders_;
};

}  // namespace mayfly::sandbox
