#include "sandbox/enter.hpp"

#include "sandbox/landlock.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/network.hpp"
#include "sandbox/users.hpp"
#include "sandbox/waking.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

namespace mayfly::sandbox {

namespace {

std::uint64_t tid_address() {
    int* address = nullptr;
    ::prctl(PR_GET_TID_ADDRESS, &address, 0, 0, 0);
    return reinterpret_cast<std::uint64_t>(address);
}

clone_args arguments(const Host& host, const Ends& ends, int* pidfd) {
    clone_args a{};
    a.flags = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS |
              CLONE_PARENT | CLONE_PIDFD;
    if (ends.netns < 0) a.flags |= CLONE_NEWNET;
    if (!host.keeps_signals) a.flags |= CLONE_CLEAR_SIGHAND;
    a.pidfd = reinterpret_cast<std::uint64_t>(pidfd);
    if (const auto tid =
            tid_address()) {  // keeps glibc's idea of the thread's id right in the child
        a.flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
        a.child_tid = tid;
    }
    return a;
}

StepError wait_for_ids(const Fd& gate) {
    char go = 0;
    if (::read(gate.get(), &go, 1) != 1) return "wait for the id map";
    return take_ids();
}

StepError enter_groups(std::span<const int> entrances) {
    for (const int file : entrances)
        if (::write(file, "0", 1) != 1) return "enter cgroup";
    return nullptr;
}

StepError limit_resources(const Limits& limits) {
    const auto set = [](auto resource, rlim_t value) {
        rlimit old{};
        ::getrlimit(resource, &old);
        const rlimit wanted{std::min(value, old.rlim_max), std::min(value, old.rlim_max)};
        return ::setrlimit(resource, &wanted) == 0;
    };
    const bool ok = set(RLIMIT_CORE, 0) &&
                    set(RLIMIT_NOFILE, static_cast<rlim_t>(limits.files_max)) &&
                    set(RLIMIT_NPROC, static_cast<rlim_t>(limits.processes_max)) &&
                    set(RLIMIT_MEMLOCK, 64 << 10) && set(RLIMIT_MSGQUEUE, 64 << 10);
    return ok ? nullptr : "rlimit";
}

StepError yield_to_the_server() { return wake_behind(0) ? nullptr : "scheduling policy"; }

// 0 /dev/null, 1 and 2 the log, 3 frames in, 4 frames out. The sources lie above: a zygote keeps 0
// to 4 taken. Those with high numbers come last, for one of the others may lie where they go, and
// so may one of themselves: the first is moved out of the way.
StepError arrange_descriptors(const Ends& ends) {
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const Fd ring(ends.ring < 0 ? -1 : ::fcntl(ends.ring, F_DUPFD_CLOEXEC, kWorkerGateFd + 1));
    if (!null || ::dup2(null.get(), 0) < 0 || ::dup2(ends.log, 1) < 0 || ::dup2(ends.log, 2) < 0 ||
        ::dup2(ends.in, kWorkerInFd) < 0 || ::dup2(ends.out, kWorkerOutFd) < 0 ||
        (ends.gate >= 0 && ::dup2(ends.gate, kWorkerGateFd) < 0) ||
        (ends.ring >= 0 && ::dup2(ring.get(), kWorkerRingFd) < 0))
        return "arrange descriptors";
    return nullptr;
}

StepError close_the_rest(const Ends& ends) {
    static_assert(kWorkerRingFd + 1 == kWorkerGateFd);
    const auto close = [](unsigned first, unsigned last) {
        return first > last || ::syscall(SYS_close_range, first, last, 0) == 0;
    };
    const bool ok = close(kWorkerOutFd + 1, kWorkerRingFd - 1) &&
                    close(kWorkerRingFd + (ends.ring >= 0), kWorkerRingFd) &&
                    close(kWorkerGateFd + (ends.gate >= 0), ~0u);
    return ok ? nullptr : "close descriptors";
}

// The handlers are gone since the clone.
void default_signals(const sigset_t& ignored) {
    for (int number = 1; number < NSIG; ++number)
        if (::sigismember(&ignored, number) == 1 && number != SIGPIPE) ::signal(number, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

}  // namespace

Child clone_into_namespaces(const Host& host, const Spec& spec, const Ends& ends) {
    Child child;
    int gate[2];
    if (::pipe2(gate, O_CLOEXEC) != 0) return child;
    child.gate = Fd(gate[0]);
    Fd write_end(gate[1]);

    Fd own_net;
    if (ends.netns >= 0) {  // the child is born in the pooled namespace
        own_net = Fd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
        if (!own_net || ::setns(ends.netns, CLONE_NEWNET) != 0) return child;
    }
    int pidfd = -1;
    clone_args a = arguments(host, ends, &pidfd);
    child.pid = static_cast<pid_t>(::syscall(SYS_clone3, &a, sizeof a));
    if (child.pid == 0) return child;  // own_net and the gate's other end close here
    const int clone_errno = errno;
    if (own_net && ::setns(own_net.get(), CLONE_NEWNET) != 0)
        std::abort();  // never serve from a tenant's
    if (child.pid < 0) {
        errno = clone_errno;
        return child;
    }
    child.pidfd = Fd(pidfd);
    if (map_ids(child.pid, spec.host_uid, host.rootless) == nullptr)
        (void)!::write(write_end.get(), "x", 1);  // else the child reads end of file and says so
    return child;
}

StepError enter(const Host& host, const Spec& spec, const Ends& ends, const Child& self) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    STEP(wait_for_ids(self.gate));
    STEP(enter_groups(ends.cgroups));  // before any tenant code can run
    if (::unshare(CLONE_NEWCGROUP) != 0) return "cgroup namespace";
    if (ends.netns < 0) STEP(bring_loopback_up());
    STEP(mount_private(ends.code, ends.layers, spec.limits));
    (void)::sethostname("mayfly", 6);
    STEP(limit_resources(spec.limits));
    STEP(yield_to_the_server());
    STEP(arrange_descriptors(ends));
    if (!host.keeps_signals) default_signals(host.ignored);
    STEP(drop_capabilities());
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);  // the change of ids above cleared it
    STEP(lock_files(host.landlock_abi));
    STEP(close_the_rest(ends));
    return load_filter(host.filter);
}

}  // namespace mayfly::sandbox
