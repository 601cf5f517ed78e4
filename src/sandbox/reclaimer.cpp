#include "sandbox/reclaimer.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <cstring>
#include <type_traits>

namespace mayfly::sandbox {

namespace {

constexpr int kOrders = 3;  // the process's end of the pipe

static_assert(std::is_trivially_copyable_v<ReclaimFile> && sizeof(ReclaimFile) <= PIPE_BUF,
              "one write is one order");

void reclaim(const ReclaimFile& file) {
    const Fd opened(::open(file.path, O_WRONLY | O_CLOEXEC));
    if (opened) (void)!::write(opened.get(), file.word, std::strlen(file.word));
}

[[noreturn]] void serve(int orders) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    ::prctl(PR_SET_NAME, "mayfly-reclaim", 0, 0, 0);
    const sched_param priority{};
    ::sched_setscheduler(0, SCHED_IDLE, &priority);
    if (::dup2(orders, kOrders) != kOrders) ::_exit(1);
    ::syscall(SYS_close_range, kOrders + 1, ~0u, 0);
    ReclaimFile file;
    while (::read(kOrders, &file, sizeof file) == sizeof file) reclaim(file);
    ::_exit(0);
}

}  // namespace

Reclaimer::~Reclaimer() {
    if (pidfd_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
}

bool Reclaimer::start() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return false;
    const Fd theirs(ends[0]);
    orders_ = Fd(ends[1]);
    ::fcntl(theirs.get(), F_SETFL, 0);  // it waits
    const pid_t pid = ::fork();
    if (pid == 0) serve(theirs.get());
    if (pid < 0) return false;
    pidfd_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    return true;
}

void Reclaimer::ask(const ReclaimFile& file) {
    if (file.path[0] == '\0' || (!pidfd_ && !start())) return;
    (void)!::write(orders_.get(), &file, sizeof file);  // a full pipe: the memory stays
}

}  // namespace mayfly::sandbox
