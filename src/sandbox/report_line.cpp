#include "sandbox/report_line.hpp"

#include <cerrno>

namespace mayfly::sandbox {

// False if it has to wait.
bool ReportLine::put(const Report& report, const std::vector<Fd>& beside) const {
    std::vector<int> fds;
    for (const auto& fd : beside) fds.push_back(fd.get());
    return send_message(socket_, report, fds) || (errno != EAGAIN && errno != ENOBUFS);
}

void ReportLine::send(const Report& report, std::vector<Fd> beside) {
    if (waits() || !put(report, beside)) waiting_.emplace_back(report, std::move(beside));
}

void ReportLine::flush() {
    while (waits() && put(waiting_.front().first, waiting_.front().second)) waiting_.pop_front();
}

}  // namespace mayfly::sandbox
