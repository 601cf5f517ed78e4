// A second lock on files, scoped to the process and its children: reads everywhere in the sandbox,
// writes only in /tmp and to the devices, no signals or abstract sockets to processes outside.
// landlock(7); the scopes are of ABI 6 (Linux 6.12).
#pragma once

#include "sandbox/steps.hpp"

#include <span>
#include <string>

namespace mayfly::sandbox {

// The kernel's Landlock ABI version; 0 where there is none.
int landlock_abi();

// Locks the calling process in. Needs no_new_privs. `abi` as landlock_abi() gave it; 0 does
// nothing.
StepError lock_files(int abi);

// Likewise, of a process outside of sandboxes: reads files below `folders`, and neither writes nor
// starts any; nor does it listen at a TCP port (ABI 4, Linux 6.7).
StepError lock_to_reading(int abi, std::span<const std::string> folders);

}  // namespace mayfly::sandbox
