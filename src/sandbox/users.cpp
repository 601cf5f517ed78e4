#include "sandbox/users.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

namespace mayfly::sandbox {

namespace {

bool put(pid_t pid, const char* file, const char* text) {
    char path[64];
    std::snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    const auto length = static_cast<ssize_t>(std::strlen(text));
    const bool ok = ::write(fd, text, static_cast<std::size_t>(length)) == length;
    ::close(fd);
    return ok;
}

}  // namespace

StepError map_ids(pid_t pid, std::uint32_t host_uid, bool self_only) {
    char map[32];
    std::snprintf(map, sizeof map, "0 %u 1\n", host_uid);
    if (self_only && !put(pid, "setgroups", "deny")) return "setgroups deny";
    if (!put(pid, "uid_map", map)) return "uid_map";
    if (!put(pid, "gid_map", map)) return "gid_map";
    return nullptr;
}

StepError take_ids() {
    if (::setresgid(0, 0, 0) != 0) return "setresgid";
    if (::setresuid(0, 0, 0) != 0) return "setresuid";
    return nullptr;
}

StepError become(std::uint32_t id) {
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return "keep capabilities";
    if (::setgroups(0, nullptr) != 0) return "setgroups";
    if (::setresgid(id, id, id) != 0) return "setresgid";
    if (::setresuid(id, id, id) != 0) return "setresuid";
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct held[2]{};
    if (::syscall(SYS_capget, &header, held) != 0) return "capget";
    for (auto& part : held) part.effective = part.permitted;
    return ::syscall(SYS_capset, &header, held) == 0 ? nullptr : "capset";
}

StepError drop_capabilities() {
    constexpr unsigned long locked = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED |
                                     SECBIT_NO_CAP_AMBIENT_RAISE |
                                     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;
    if (::prctl(PR_SET_SECUREBITS, locked, 0, 0, 0) != 0) return "securebits";
    for (int cap = 0; cap < 64; ++cap)
        if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0)
            break;  // the kernel's last one was the one before
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct none[2]{};
    if (::syscall(SYS_capset, &header, none) != 0) return "capset";
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return "no_new_privs";
    return nullptr;
}

}  // namespace mayfly::sandbox
