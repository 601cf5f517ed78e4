#include "sandbox/report_line.hpp"

#include <cerrno>
#include <span>

namespace mayfly::sandbox {

// False if it has to wait.
bool ReportLine::put(const Report& report, const Fd& beside) const {
    const int fd = beside.get();
    return send_message(socket_, report, std::span(&fd, beside ? 1 : 0)) ||
           (errno != EAGAIN && errno != ENOBUFS);
}

void ReportLine::send(const Report& report, Fd beside) {
    if (waits() || !put(report, beside)) waiting_.emplace_back(report, std::move(beside));
}

void ReportLine::flush() {
    while (waits() && put(waiting_.front().first, waiting_.front().second)) waiting_.pop_front();
}

}  // namespace mayfly::sandbox
