// Whether a thread that wakes takes the core from the one that runs there. sched(7),
// sched_setattr(2).
#pragma once

#include <sys/types.h>

namespace mayfly::sandbox {

// It waits until that one has had its slice: a worker does not push the server off its core in the
// middle of a batch of events. 0: the caller. False with errno set if the kernel refuses.
bool wake_behind(pid_t thread);

// It asks for slices so short (0.1 ms; Linux 6.12) that its turn comes before that one's next, and
// takes the core. Older kernels: as any process that nobody made wait.
bool wake_ahead(pid_t thread);

}  // namespace mayfly::sandbox
