#include "sandbox/network.hpp"

#include "sandbox/tap.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace mayfly::sandbox {

namespace {

constexpr int kBacklog = 128;  // connections that wait to be accepted

// In the present network namespace; empty with errno set if it cannot be.
Fd listen_at(std::uint16_t port) {
    Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool listens =
        socket &&
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
        ::listen(socket.get(), kBacklog) == 0;
    return listens ? std::move(socket) : Fd{};
}

}  // namespace

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

template <class Job>
bool NetworkPool::within(int other, Job job) {
    if (!own_ || ::setns(other, CLONE_NEWNET) != 0) return false;
    job();
    const int reason = errno;
    if (::setns(own_.get(), CLONE_NEWNET) != 0) std::abort();  // never stay in a tenant's
    errno = reason;
    return true;
}

std::vector<Fd> NetworkPool::open_doors(int other) {
    std::vector<Fd> doors;
    within(other, [&] {
        for (const auto port : kDoorPorts) doors.push_back(listen_at(port));
    });
    for (const auto& door : doors)
        if (!door) return {};
    return doors;
}

Fd NetworkPool::open_way_out(int other) {
    Fd tap;
    StepError failed = nullptr;
    const bool was_there = within(other, [&] { failed = make_tap(tap); });
    return was_there && !failed ? std::move(tap) : Fd{};
}

Fd NetworkPool::take_or_make() {
    if (ready_.empty() && make_one() != nullptr) return Fd{};
    return take();
}

Fd NetworkPool::take() {
    if (ready_.empty()) return Fd{};
    Fd one = std::move(ready_.back());
    ready_.pop_back();
    return one;
}

}  // namespace mayfly::sandbox
