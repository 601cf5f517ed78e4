// The launcher's reports to the daemon, in their order. One that finds no room in the socket waits
// here: a daemon that is behind must still hear of every end.
//
// Used by the launcher only (one thread).
#pragma once

#include "base/fd.hpp"
#include "sandbox/messages.hpp"

#include <deque>
#include <utility>
#include <vector>

namespace mayfly::sandbox {

class ReportLine {
public:
    // `socket` is non-blocking, and the caller's to keep.
    explicit ReportLine(int socket) : socket_(socket) {}

    // The descriptors travel with it. What is sent after the daemon has gone is dropped.
    void send(const Report& report, std::vector<Fd> beside = {});

    // Sends what waits and has room now: once the socket is writable.
    void flush();

    // At most some reports for each worker.
    bool waits() const { return !waiting_.empty(); }

private:
    bool put(const Report& report, const std::vector<Fd>& beside) const;

    int socket_;
    std::deque<std::pair<Report, std::vector<Fd>>> waiting_;
};

}  // namespace mayfly::sandbox
