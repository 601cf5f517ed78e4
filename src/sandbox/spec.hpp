// What one sandbox is to be, as plain bytes: it travels between processes of one build as it is.
#pragma once

#include "model/language.hpp"

#include <array>
#include <cstdint>
#include <type_traits>

namespace mayfly::sandbox {

// Which parent a worker comes from: a warmed interpreter that forks, or a plain exec in a ready
// root.
enum class Tier : std::uint8_t { zygote, exec };

struct Limits {
    std::int64_t memory_bytes = 128ll << 20;  // enforced by the memory cgroup, page cache included
    std::int64_t tmp_bytes = 512ll << 20;     // size of the private /tmp; its pages count as memory
    std::int32_t processes_max = 1024;        // processes and threads together
    std::int32_t files_max = 1024;            // open descriptors of one process (RLIMIT_NOFILE)
    std::int32_t cpu_weight = 128;            // share against others when the machine is full
};

struct Spec {
    std::uint64_t worker = 0;    // the daemon's name for it
    std::uint32_t host_uid = 0;  // what uid 0 inside is outside; its own while it lives
    Tier tier = Tier::zygote;
    Language language = Language::python;
    bool parked = false;  // made without code, which comes later: see kWorkerGateFd
    bool door = false;    // it reaches the platform at kDoorPorts: those listening sockets are ours
    bool shares = false;  // it has memory to share with the daemon: see kWorkerRingFd
    bool internet = false;  // it has a device that leads out (tap.hpp), carried by mayfly-net
    Limits limits;
};
static_assert(std::is_trivially_copyable_v<Spec>);

// Of 127.0.0.1 in a sandbox's own network: the platform's API and its object store, where
// Spec::door says so. The sockets are made in there and held by the daemon, so whoever connects is
// known, and nothing else of the host is reached.
enum Door : std::uint8_t { kDoorApi, kDoorObjects, kDoors };
inline constexpr std::array<std::uint16_t, kDoors> kDoorPorts{7400, 7401};

// Where a worker finds its ends, whatever tier it came from: frames of runtimes/PROTOCOL.md come in
// by one pipe and go out by another. 1 and 2 are the log pipe, 0 is /dev/null.
inline constexpr int kWorkerInFd = 3;
inline constexpr int kWorkerOutFd = 4;

// Of a parked worker only: reading it waits until its code is at /code, and then finds the end; one
// without a program (Tier::exec) finds the Spec of what it is to be. Above what a warmed parent
// holds.
inline constexpr int kWorkerGateFd = 127;

// Of one with Spec::shares: the memory of runtimes/PROTOCOL.md, "Shared memory".
inline constexpr int kWorkerRingFd = 126;

}  // namespace mayfly::sandbox
