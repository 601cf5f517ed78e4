// Who a sandbox is: one uid inside, its own uid outside, no capability anywhere.
// user_namespaces(7).
#pragma once

#include "sandbox/steps.hpp"

#include <sys/types.h>

#include <cstdint>

namespace mayfly::sandbox {

// Maps uid and gid 0 of `pid`'s user namespace to `host_uid`. Called by the parent. Where the
// caller may map only itself (`self_only`, rootless), setgroups is denied first, as the kernel
// demands.
StepError map_ids(pid_t pid, std::uint32_t host_uid, bool self_only);

// Becomes uid and gid 0 of the own user namespace.
StepError take_ids();

// Becomes uid and gid `id`, with no other groups, and keeps its capabilities. Called by root.
StepError become(std::uint32_t id);

// Gives up every capability for good: securebits locked, bounding set emptied, no_new_privs set.
StepError drop_capabilities();

}  // namespace mayfly::sandbox
