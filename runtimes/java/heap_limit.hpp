// The heap of a HotSpot that forks: reserved once, for the largest function, and limited in each
// child.
//
// HotSpot fixes the maximum when it starts; it has no call to lower it. But it publishes where its
// structures keep what (gHotSpotVMStructs, for debuggers such as its own serviceability agent), and
// the serial collector's old generation asks its own record how far it may grow. Lowering that
// record is what a smaller -Xmx would have written there.
#pragma once

#include <cstdint>

namespace mayfly::java {

// Lets this process's heap grow to `bytes` and no further. Not less than it holds already. False if
// this HotSpot does not publish what is needed: then the memory cgroup alone is the limit.
bool limit_heap(std::int64_t bytes);

}  // namespace mayfly::java
