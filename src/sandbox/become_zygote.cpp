#include "sandbox/become_zygote.hpp"

#include "sandbox/commands.hpp"
#include "sandbox/mounts.hpp"
#include "sandbox/zygote.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace mayfly::sandbox {

namespace {

// In a freshly forked child: the descriptors a zygote expects, and nothing else of ours.
bool take_descriptors(int control, int filter) {
    // Both may lie where the other is to go: first out of the way, then into place.
    const int c = ::fcntl(control, F_DUPFD, 10), f = ::fcntl(filter, F_DUPFD, 10);
    const int null = ::open("/dev/null", O_RDWR);
    return c >= 0 && f >= 0 && null >= 0 && ::dup2(null, 0) == 0 && ::dup2(2, 1) == 1 &&
           ::dup2(c, kZygoteControlFd) == kZygoteControlFd &&
           ::dup2(f, kZygoteFilterFd) == kZygoteFilterFd &&
           ::syscall(SYS_close_range, kZygoteFilterFd + 1, ~0u, 0) == 0;
}

}  // namespace

void become_zygote(const ZygoteStart& start) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (!take_descriptors(start.control, start.filter)) ::_exit(3);
    if (const auto step = enter_template_root(start.runtimes_folder)) {
        std::fprintf(stderr, "mayfly-launch: template root: %s: %s\n", step, std::strerror(errno));
        ::_exit(4);
    }
    if (start.tier == Tier::exec) run_template(start.rootless);
    execute(zygote_command(start.language, start.rootless));
    ::_exit(127);
}

}  // namespace mayfly::sandbox
