// What a warmed parent holds open besides its own ends, and how each of its children gets the like.
//
// A child may not share an event queue, a pipe or a file's position with its parent, and so with
// its siblings: they are other tenants. Yet the runtime inside it knows the descriptors by their
// numbers. So all are closed (enter.hpp) and made anew under the same numbers: an eventfd that is
// ready for an eventfd, an epoll that watches the same numbers, a pipe where both ends were held, a
// file opened again at its position. /dev/null takes the place of all else. Source: proc(5),
// /proc/pid/fdinfo.
#pragma once

#include "sandbox/steps.hpp"

#include <sys/epoll.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mayfly::sandbox {

struct HeldDescriptor {
    enum class Kind : std::uint8_t { event, queue, pipe, file, other } kind = Kind::other;
    int number = -1;
    int flags = 0;            // of open(2)
    std::int64_t offset = 0;  // of a file
    std::string name;         // of a file its path; of a pipe what both its ends share
    std::vector<std::pair<int, epoll_event>> watched{};  // of a queue
};

// Those of this process above `last`. Called by the parent, once it holds all it will hold.
std::vector<HeldDescriptor> held_above(int last);

// Makes them anew in a child, whose descriptors above `last` are closed and whose 0 is /dev/null.
StepError renew(const std::vector<HeldDescriptor>& held);

}  // namespace mayfly::sandbox
