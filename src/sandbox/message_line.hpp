// Messages to the other end of a SOCK_SEQPACKET socket, in their order. One that finds no room in
// it waits here: whoever is behind must still hear of everything, and nobody waits for him.
//
// Used by the launcher for its reports, and by the daemon for its orders; one thread each.
#pragma once

#include "base/fd.hpp"
#include "sandbox/messages.hpp"

#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

namespace mayfly::sandbox {

template <class Message>
class MessageLine {
public:
    // `socket` is non-blocking, and the caller's to keep.
    explicit MessageLine(int socket) : socket_(socket) {}

    // The descriptors travel with it. What is sent after the other end has gone is dropped.
    void send(const Message& message, std::vector<Fd> beside = {}) {
        if (waits() || !put(message, beside)) waiting_.emplace_back(message, std::move(beside));
    }

    // Sends what waits and has room now: once the socket is writable.
    void flush() {
        while (waits() && put(waiting_.front().first, waiting_.front().second))
            waiting_.pop_front();
    }

    // At most some messages for each worker.
    bool waits() const { return !waiting_.empty(); }

private:
    // False if it has to wait.
    bool put(const Message& message, const std::vector<Fd>& beside) const {
        std::vector<int> fds;
        for (const auto& fd : beside) fds.push_back(fd.get());
        return send_message(socket_, message, fds) || (errno != EAGAIN && errno != ENOBUFS);
    }

    int socket_;
    std::deque<std::pair<Message, std::vector<Fd>>> waiting_;
};

}  // namespace mayfly::sandbox
