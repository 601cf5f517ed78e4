#include "sandbox/seccomp.hpp"

#include "base/fd.hpp"
#include "sandbox/syscalls.hpp"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace mayfly::sandbox {

namespace {

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;

constexpr std::uint64_t kNewNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                         CLONE_NEWNET | 0x80 /*NEWTIME*/;

bool allow_plain(void* context) {
    for (const auto& group : kAllowed)
        for (const int call : group.calls)
            if (seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 0) != 0) return false;
    return true;
}

// The kernel takes these arguments as 32 bits: what stands above them must not make a difference
// here.
constexpr std::uint64_t kLow32 = 0xFFFF'FFFF;

// Allows `call` when argument `index`, seen through `mask`, is `value`.
bool allow_if(void* context, int call, unsigned index, std::uint64_t mask, std::uint64_t value) {
    const scmp_arg_cmp match{index, SCMP_CMP_MASKED_EQ, mask, value};
    return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 1, &match) == 0;
}

// Allows every 32-bit value of argument `index` but the excluded ones: the binary prefixes that
// hold none of them. `value` is the prefix so far, `mask` its bits, `bit` the next one below.
bool allow_all_but(void* context, int call, unsigned index, std::span<const std::uint64_t> excluded,
                   std::uint64_t value = 0, std::uint64_t mask = 0, int bit = 31) {
    const bool touches = std::ranges::any_of(excluded, [&](auto e) { return (e & mask) == value; });
    if (!touches) return allow_if(context, call, index, mask, value);
    if (bit < 0) return true;
    const auto below = 1ull << bit;
    return allow_all_but(context, call, index, excluded, value, mask | below, bit - 1) &&
           allow_all_but(context, call, index, excluded, value | below, mask | below, bit - 1);
}

// getifaddrs(3) asks by rtnetlink(7); with no capability it can only ask.
bool allow_routing(void* context) {
    const scmp_arg_cmp matches[] = {{0, SCMP_CMP_MASKED_EQ, kLow32, AF_NETLINK},
                                    {2, SCMP_CMP_MASKED_EQ, kLow32, NETLINK_ROUTE}};
    return seccomp_rule_add_array(context, SCMP_ACT_ALLOW, SYS_socket, std::size(matches),
                                  matches) == 0;
}

bool allow_by_argument(void* context) {
    static constexpr std::uint64_t terminal_injection[] = {TIOCSTI, 0x541C /*TIOCLINUX*/};
    return allow_if(context, SYS_clone, 0, kNewNamespaces, 0) &&
           allow_if(context, SYS_socket, 0, kLow32, AF_UNIX) &&
           allow_if(context, SYS_socket, 0, kLow32, AF_INET) &&
           allow_if(context, SYS_socket, 0, kLow32, AF_INET6) && allow_routing(context) &&
           allow_all_but(context, SYS_ioctl, 1, terminal_injection);
}

bool hide(void* context) {
    for (const int call : kHidden)
        if (seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), call, 0) != 0) return false;
    return true;
}

// What stands before the tree: calls newer than the policy answer ENOSYS. One comparison instead of
// a rule for each number, of which libseccomp 2.5's tree drops the highest. Another architecture's
// table, and that of x32 (numbers from 2^30), are the tree's to refuse.
FilterProgram with_newer_calls_hidden(const FilterProgram& tree) {
    constexpr std::uint32_t x32 = 1u << 30;
    FilterProgram whole = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 4),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, x32, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kFirstUnknown, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
    };
    whole.insert(whole.end(), tree.begin(), tree.end());
    return whole;
}

Result<FilterProgram> exported(void* context) {
    const Fd file(::memfd_create("filter", MFD_CLOEXEC));
    if (!file || seccomp_export_bpf(context, file.get()) != 0)
        return fail(Kind::internal, "the system call filter could not be written");
    const auto size = static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END));
    FilterProgram program(size / sizeof(sock_filter));
    if (::pread(file.get(), program.data(), size, 0) != static_cast<ssize_t>(size))
        return fail(Kind::internal, "the system call filter could not be read back");
    return with_newer_calls_hidden(program);
}

}  // namespace

Result<FilterProgram> compile_filter() {
    const Context context(seccomp_init(SCMP_ACT_ERRNO(EPERM)), &seccomp_release);
    if (!context) return fail(Kind::internal, "libseccomp gave no context");
    const bool ok =
        seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0 &&
        seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0 &&
        allow_plain(context.get()) && allow_by_argument(context.get()) && hide(context.get());
    if (!ok) return fail(Kind::internal, "libseccomp refused a rule of the policy");
    return exported(context.get());
}

Fd filter_file() {
    const auto program = compile_filter();
    Fd file(::memfd_create("mayfly-filter", MFD_CLOEXEC));
    if (!program || !file) return Fd{};
    const auto size = program->size() * sizeof(sock_filter);
    return ::write(file.get(), program->data(), size) == static_cast<ssize_t>(size)
               ? std::move(file)
               : Fd{};
}

}  // namespace mayfly::sandbox
