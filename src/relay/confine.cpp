#include "relay/confine.hpp"

#include "sandbox/landlock.hpp"
#include "sandbox/relay_link.hpp"
#include "sandbox/users.hpp"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace mayfly::relay {

namespace {

using sandbox::StepError;

// What libslirp, glib and malloc were seen to call, and its own loop.
constexpr std::array kCalls = {SCMP_SYS(read),
                               SCMP_SYS(write),
                               SCMP_SYS(writev),
                               SCMP_SYS(close),
                               SCMP_SYS(fstat),
                               SCMP_SYS(newfstatat),
                               SCMP_SYS(stat),
                               SCMP_SYS(lseek),
                               SCMP_SYS(fcntl),
                               SCMP_SYS(brk),
                               SCMP_SYS(munmap),
                               SCMP_SYS(mremap),
                               SCMP_SYS(madvise),
                               SCMP_SYS(futex),
                               SCMP_SYS(rt_sigreturn),
                               SCMP_SYS(rt_sigprocmask),
                               SCMP_SYS(rt_sigaction),
                               SCMP_SYS(alarm),
                               SCMP_SYS(clock_gettime),
                               SCMP_SYS(gettimeofday),
                               SCMP_SYS(getrandom),
                               SCMP_SYS(getpid),
                               SCMP_SYS(gettid),
                               SCMP_SYS(tgkill),
                               SCMP_SYS(epoll_wait),
                               SCMP_SYS(epoll_pwait),
                               SCMP_SYS(epoll_ctl),
                               SCMP_SYS(poll),
                               SCMP_SYS(connect),
                               SCMP_SYS(sendto),
                               SCMP_SYS(recvfrom),
                               SCMP_SYS(sendmsg),
                               SCMP_SYS(recvmsg),
                               SCMP_SYS(shutdown),
                               SCMP_SYS(setsockopt),
                               SCMP_SYS(getsockopt),
                               SCMP_SYS(getsockname),
                               SCMP_SYS(getpeername),
                               SCMP_SYS(restart_syscall),
                               SCMP_SYS(exit),
                               SCMP_SYS(exit_group)};

struct ByArgument {
    int call;
    unsigned index;
    std::uint64_t mask, value;
};
constexpr std::uint64_t kLow32 = 0xFFFF'FFFF;
constexpr ByArgument kByArgument[] = {
    {SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {SCMP_SYS(mmap), 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    {SCMP_SYS(socket), 0, kLow32, AF_INET},
    {SCMP_SYS(ioctl), 1, kLow32, FIONBIO},
    {SCMP_SYS(ioctl), 1, kLow32, FIONREAD},
    {SCMP_SYS(ioctl), 1, kLow32, 0x8905 /*SIOCATMARK*/},
};

StepError limit_calls() {
    const std::unique_ptr<void, decltype(&seccomp_release)> filter(
        seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release);
    bool ok = static_cast<bool>(filter);
    for (const int call : kCalls)
        ok = ok && seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) == 0;
    for (const auto& rule : kByArgument) {
        const scmp_arg_cmp match{rule.index, SCMP_CMP_MASKED_EQ, rule.mask, rule.value};
        ok = ok && seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, rule.call, 1, &match) == 0;
    }
    return ok && seccomp_load(filter.get()) == 0 ? nullptr : "system call filter";
}

// /etc, and where its resolv.conf leads if it is a link (as systemd-resolved and others have it).
std::vector<std::string> folders_of_the_name_server() {
    std::vector<std::string> folders{"/etc"};
    std::error_code error;
    const auto file = std::filesystem::canonical("/etc/resolv.conf", error);
    if (!error) folders.push_back(file.parent_path());
    return folders;
}

StepError limit_resources() {
    const rlimit none{0, 0};
    const bool ok = ::setrlimit(RLIMIT_CORE, &none) == 0 && ::setrlimit(RLIMIT_FSIZE, &none) == 0 &&
                    ::setrlimit(RLIMIT_MEMLOCK, &none) == 0;
    return ok ? nullptr : "rlimit";
}

}  // namespace

StepError confine(bool rootless) {
    const auto folders = folders_of_the_name_server();
    if (!rootless) STEP(sandbox::become(sandbox::kRelayUid));
    STEP(sandbox::drop_capabilities());
    STEP(limit_resources());
    STEP(sandbox::lock_to_reading(sandbox::landlock_abi(), folders));
    return limit_calls();
}

}  // namespace mayfly::relay
