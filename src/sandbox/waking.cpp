#include "sandbox/waking.hpp"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace mayfly::sandbox {

namespace {

constexpr __u64 kShortSliceNs = 100'000;  // the least the kernel takes

bool set(pid_t thread, __u32 policy, __u64 slice_ns) {
    sched_attr wanted{};
    wanted.size = sizeof wanted;
    wanted.sched_policy = policy;
    wanted.sched_runtime = slice_ns;  // 0: the usual
    return ::syscall(SYS_sched_setattr, thread, &wanted, 0) == 0;
}

}  // namespace

bool wake_behind(pid_t thread) { return set(thread, SCHED_BATCH, 0); }

bool wake_ahead(pid_t thread) { return set(thread, SCHED_NORMAL, kShortSliceNs); }

}  // namespace mayfly::sandbox
