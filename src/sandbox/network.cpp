#include "sandbox/network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace mayfly::sandbox {

StepError bring_loopback_up() {
    const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    return socket && ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0 ? nullptr : "loopback up";
}

NetworkPool::NetworkPool(int wanted)
    : wanted_(wanted), own_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {}

StepError NetworkPool::make_one() {
    if (!own_) return "own network namespace";
    if (::unshare(CLONE_NEWNET) != 0) return "new network namespace";
    const StepError up = bring_loopback_up();
    Fd made(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    if (::setns(own_.get(), CLONE_NEWNET) != 0) return "back to the own network namespace";
    if (up) return up;
    if (!made) return "open network namespace";
    ready_.push_back(std::move(made));
    return nullptr;
}

Fd NetworkPool::take() {
    if (ready_.empty()) return Fd{};
    Fd one = std::move(ready_.back());
    ready_.pop_back();
    return one;
}

}  // namespace mayfly::sandbox
