// The system calls a function may make, with the reason beside them. Everything else is refused:
// EPERM for what the kernel of this policy knew, ENOSYS for newer ones.
//
// The list is the union of what CPython 3.11, Node.js 20 and OpenJDK 17 were seen to call in our
// everything-tests, with older and newer siblings of the same calls. Left out on purpose: io_uring,
// userfaultfd, bpf, ptrace, process_vm_*, keyctl, perf_event_open, mount and namespace calls,
// kexec, modules, open_by_handle_at, personality, chroot, set*id, sync (it would stall the host's
// disk).
#pragma once

#include <sys/syscall.h>

#include <span>

namespace mayfly::sandbox {

struct Allowed {
    const char* why;
    std::span<const int> calls;
};

// Refused with ENOSYS: glibc then uses clone, whose flags the policy can see.
inline constexpr int kHidden[] = {SYS_clone3};

// Calls newer than the policy answer ENOSYS, so that libraries fall back; kFirstUnused leaves room
// for the kernels of the next years. (Each rule makes the filter slower to load, so the room is
// small.)
inline constexpr int kFirstUnknown = 452;
inline constexpr int kFirstUnused = 480;

inline constexpr int kFiles[] = {SYS_read,
                                 SYS_write,
                                 SYS_open,
                                 SYS_close,
                                 SYS_stat,
                                 SYS_fstat,
                                 SYS_lstat,
                                 SYS_lseek,
                                 SYS_pread64,
                                 SYS_pwrite64,
                                 SYS_readv,
                                 SYS_writev,
                                 SYS_preadv,
                                 SYS_pwritev,
                                 SYS_preadv2,
                                 SYS_pwritev2,
                                 SYS_access,
                                 SYS_faccessat,
                                 SYS_faccessat2,
                                 SYS_openat,
                                 SYS_newfstatat,
                                 SYS_statx,
                                 SYS_getdents,
                                 SYS_getdents64,
                                 SYS_getcwd,
                                 SYS_chdir,
                                 SYS_fchdir,
                                 SYS_readlink,
                                 SYS_readlinkat,
                                 SYS_statfs,
                                 SYS_fstatfs,
                                 SYS_dup,
                                 SYS_dup2,
                                 SYS_dup3,
                                 SYS_fcntl,
                                 SYS_close_range,
                                 SYS_getxattr,
                                 SYS_lgetxattr,
                                 SYS_fgetxattr,
                                 SYS_listxattr,
                                 SYS_fadvise64,
                                 SYS_readahead,
                                 SYS_umask,
                                 SYS_flock,
                                 SYS_inotify_init,
                                 SYS_inotify_init1,
                                 SYS_inotify_add_watch,
                                 SYS_inotify_rm_watch};
inline constexpr int kTmp[] = {
    SYS_rename,    SYS_renameat,       SYS_renameat2, SYS_mkdir,     SYS_mkdirat,   SYS_rmdir,
    SYS_creat,     SYS_link,           SYS_linkat,    SYS_unlink,    SYS_unlinkat,  SYS_symlink,
    SYS_symlinkat, SYS_chmod,          SYS_fchmod,    SYS_fchmodat,  SYS_chown,     SYS_fchown,
    SYS_lchown,    SYS_fchownat,       SYS_truncate,  SYS_ftruncate, SYS_fallocate, SYS_fsync,
    SYS_fdatasync, SYS_utime,          SYS_utimes,    SYS_utimensat, SYS_sendfile,  SYS_splice,
    SYS_tee,       SYS_copy_file_range};
inline constexpr int kMemory[] = {
    SYS_mmap,       SYS_mprotect,      SYS_munmap,     SYS_brk,      SYS_mremap,  SYS_msync,
    SYS_mincore,    SYS_madvise,       SYS_mlock,      SYS_mlock2,   SYS_munlock, SYS_memfd_create,
    SYS_membarrier, SYS_pkey_mprotect, SYS_pkey_alloc, SYS_pkey_free};
inline constexpr int kProcesses[] = {SYS_fork,
                                     SYS_vfork,
                                     SYS_execve,
                                     SYS_exit,
                                     SYS_exit_group,
                                     SYS_wait4,
                                     SYS_waitid,
                                     SYS_kill,
                                     SYS_tkill,
                                     SYS_tgkill,
                                     SYS_getpid,
                                     SYS_gettid,
                                     SYS_getppid,
                                     SYS_getpgrp,
                                     SYS_getpgid,
                                     SYS_setpgid,
                                     SYS_getsid,
                                     SYS_setsid,
                                     SYS_prctl,
                                     SYS_arch_prctl,
                                     SYS_getrlimit,
                                     SYS_setrlimit,
                                     SYS_prlimit64,
                                     SYS_getrusage,
                                     SYS_times,
                                     SYS_pidfd_open,
                                     SYS_pidfd_send_signal,
                                     SYS_set_tid_address,
                                     SYS_restart_syscall,
                                     SYS_uname,
                                     SYS_sysinfo};
inline constexpr int kSignals[] = {SYS_rt_sigaction,
                                   SYS_rt_sigprocmask,
                                   SYS_rt_sigreturn,
                                   SYS_rt_sigpending,
                                   SYS_rt_sigtimedwait,
                                   SYS_rt_sigqueueinfo,
                                   SYS_rt_tgsigqueueinfo,
                                   SYS_rt_sigsuspend,
                                   SYS_sigaltstack,
                                   SYS_signalfd4,
                                   SYS_pause};
inline constexpr int kThreads[] = {SYS_futex,
                                   SYS_set_robust_list,
                                   SYS_get_robust_list,
                                   SYS_rseq,
                                   SYS_sched_yield,
                                   SYS_sched_getaffinity,
                                   SYS_sched_setaffinity,
                                   SYS_sched_getparam,
                                   SYS_sched_getscheduler,
                                   SYS_sched_getattr,
                                   SYS_sched_get_priority_max,
                                   SYS_sched_get_priority_min,
                                   SYS_getpriority,
                                   SYS_setpriority,
                                   SYS_getcpu};
inline constexpr int kTime[] = {SYS_nanosleep,
                                SYS_clock_nanosleep,
                                SYS_clock_gettime,
                                SYS_clock_getres,
                                SYS_gettimeofday,
                                SYS_time,
                                SYS_alarm,
                                SYS_getitimer,
                                SYS_setitimer,
                                SYS_timer_create,
                                SYS_timer_settime,
                                SYS_timer_gettime,
                                SYS_timer_getoverrun,
                                SYS_timer_delete,
                                SYS_timerfd_create,
                                SYS_timerfd_settime,
                                SYS_timerfd_gettime};
inline constexpr int kWaiting[] = {
    SYS_poll,          SYS_ppoll,     SYS_select,     SYS_pselect6,    SYS_epoll_create,
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_eventfd,       SYS_eventfd2,  SYS_pipe,       SYS_pipe2};
inline constexpr int kSockets[] = {
    SYS_connect,     SYS_accept,      SYS_accept4,    SYS_sendto,     SYS_recvfrom,  SYS_sendmsg,
    SYS_recvmsg,     SYS_sendmmsg,    SYS_recvmmsg,   SYS_shutdown,   SYS_bind,      SYS_listen,
    SYS_getsockname, SYS_getpeername, SYS_socketpair, SYS_setsockopt, SYS_getsockopt};
inline constexpr int kIdentity[] = {SYS_getuid,    SYS_getgid,    SYS_geteuid,
                                    SYS_getegid,   SYS_getgroups, SYS_getresuid,
                                    SYS_getresgid, SYS_capget,    SYS_getrandom};

inline constexpr Allowed kAllowed[] = {
    {"reading files and folders", kFiles},
    {"working in /tmp (landlock and mounts keep the rest read-only)", kTmp},
    {"memory; both JIT compilers need executable pages", kMemory},
    {"own processes; the pid namespace hides all others", kProcesses},
    {"signals to own processes", kSignals},
    {"threads and their scheduling", kThreads},
    {"clocks and timers", kTime},
    {"waiting for descriptors", kWaiting},
    {"sockets; the network namespace holds only loopback", kSockets},
    {"asking who one is, and for randomness", kIdentity},
};

// Allowed with a look at their arguments (seccomp.cpp): clone without namespace flags, socket of
// AF_UNIX, AF_INET, AF_INET6 and (to ask only) rtnetlink, ioctl without terminal injection
// (TIOCSTI, TIOCLINUX).

}  // namespace mayfly::sandbox
