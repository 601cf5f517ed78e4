#include "sandbox/relay_link.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mayfly::sandbox {

namespace {

constexpr int kOrders = 3;  // the program's end of the socket
constexpr int kOrdersBytes = 1 << 20;

// Nothing of the environment goes with it: the server's secrets may be there.
[[noreturn]] void become(const RelayOptions& options, int orders) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (orders != kOrders && ::dup2(orders, kOrders) != kOrders) ::_exit(3);
    ::fcntl(kOrders, F_SETFD, 0);
    ::syscall(SYS_close_range, kOrders + 1, ~0u, 0);
    char* const nothing[] = {nullptr};
    ::execle(options.program.c_str(), options.program.c_str(),
             options.rootless ? "rootless" : "root", options.allowed.c_str(), nullptr, nothing);
    ::_exit(127);
}

}  // namespace

std::string RelayLink::missing() const {
    const Fd tun(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
    if (!tun)
        return std::string("/dev/net/tun cannot be opened (") + std::strerror(errno) +
               "): load the kernel's module `tun`, in a container give it that device, and start "
               "the server as root or as a user that may open it";
    if (::access(options_.program.c_str(), X_OK) != 0)
        return options_.program + " is not there: it belongs beside the mayfly program";
    return "";
}

bool RelayLink::start() {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return false;
    Fd ours(pair[0]);
    const Fd theirs(pair[1]);
    const pid_t pid = ::fork();
    if (pid == 0) become(options_, theirs.get());
    if (pid < 0) return false;
    pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    ::fcntl(ours.get(), F_SETFL, O_NONBLOCK);
    ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &kOrdersBytes, sizeof kOrdersBytes);
    socket_ = std::move(ours);
    orders_ = std::make_unique<MessageLine<RelayOrder>>(socket_.get());
    watch(EPOLL_CTL_ADD);
    return true;
}

RelayLink::WayOut RelayLink::carry(std::uint64_t worker, Fd device) {
    if (!socket_ && !start()) return {};
    std::vector<Fd> beside;
    beside.push_back(std::move(device));
    send({.type = RelayOrder::Type::carry, .worker = worker}, std::move(beside));
    return {*this, worker};
}

void RelayLink::drop(std::uint64_t worker) {
    if (orders_) send({.type = RelayOrder::Type::drop, .worker = worker}, {});
}

void RelayLink::send(const RelayOrder& order, std::vector<Fd> beside) {
    orders_->send(order, std::move(beside));
    watch(EPOLL_CTL_MOD);
}

// It is watched for room while orders wait for some; it never says anything.
void RelayLink::watch(int operation) {
    const bool waits = orders_->waits();
    if (operation == EPOLL_CTL_MOD && waits == wants_room_) return;
    wants_room_ = waits;
    epoll_event event{.events = waits ? EPOLLIN | EPOLLOUT : EPOLLIN,
                      .data = {.fd = socket_.get()}};
    ::epoll_ctl(epoll_, operation, socket_.get(), &event);
}

std::optional<std::string> RelayLink::on_ready() {
    char none = 0;
    if (::recv(socket_.get(), &none, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN) {
        orders_->flush();
        watch(EPOLL_CTL_MOD);
        return {};
    }
    siginfo_t info{};
    stop();
    ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket_.get(), nullptr);
    orders_.reset();
    socket_.reset();
    pidfd_.reset();
    return info.si_code == CLD_EXITED ? "ended with status " + std::to_string(info.si_status)
                                      : "was ended by signal " + std::to_string(info.si_status);
}

void RelayLink::stop() {
    if (pidfd_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

}  // namespace mayfly::sandbox
