// A sandbox's device that leads to the internet: a TAP, whose frames whoever holds its descriptor
// reads and writes. Linux, Documentation/networking/tuntap; netdevice(7).
#pragma once

#include "base/fd.hpp"
#include "sandbox/steps.hpp"

namespace mayfly::sandbox {

// Makes it in the calling process's network namespace, with its address and the way there
// (reach/frames.hpp), and up. Needs CAP_NET_ADMIN over the namespace. About 0.2 ms.
//
// It stays when the descriptor is closed, and goes with the namespace: the kernel takes 25 ms to
// end a device, and does this in its own time only there.
StepError make_tap(Fd& tap);

}  // namespace mayfly::sandbox
