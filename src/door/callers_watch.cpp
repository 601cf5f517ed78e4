#include "door/callers_watch.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <utility>

namespace mayfly::door {

std::vector<CallerGone> callers_gone(const std::vector<Waiting>& waiting) {
    std::vector<pollfd> looked;
    for (const auto& one : waiting) looked.push_back({one.socket, POLLRDHUP, 0});
    const auto look = [&] { return ::poll(looked.data(), looked.size(), 0) > 0; };
    if (looked.empty() || !look()) return {};
    for (std::size_t i = 0; i < looked.size(); ++i) {
        const auto& [socket, gone, asked, question] = waiting[i];
        if (!(looked[i].revents & POLLRDHUP) || question.empty()) continue;
        if (!std::exchange(*asked, true))
            (void)::send(socket, question.data(), question.size(), MSG_NOSIGNAL);
    }
    std::vector<CallerGone> left;
    if (!look()) return left;
    for (std::size_t i = 0; i < looked.size(); ++i)
        if (looked[i].revents & (POLLERR | POLLHUP))
            left.push_back(std::exchange(*waiting[i].gone, {}));
    return left;
}

}  // namespace mayfly::door
