// What daemon, launcher and zygotes say to each other over SOCK_SEQPACKET: one message, one packet,
// with file descriptors beside it. All ends come from one build, so structs travel as they are.
#pragma once

#include "base/clock.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "model/standing.hpp"
#include "sandbox/spec.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace mayfly::sandbox {

// Daemon to launcher.
struct Order {
    enum class Type : std::uint8_t {
        start,
        adopt,     // a parked worker, whose code and limits are these
        page_out,  // it is frozen: its memory may go to swap
        stand,     // from now on as `standing` says
        kill,
    } type = Type::start;
    Standing standing = Standing::usual;
    Spec spec;  // of an adopt `tier` and `parked` do not count, of the next
                // three only `worker` does
    // Absolute paths, NUL-terminated; of a parked start none.
    char code_folder[1750] = {};
    char layers_folder[1750] = {};  // empty if the function has no layers
    // With a start: the worker's ends, in the order of WorkerEnd, then the memory it shares, if
    // any.
};

// Of a worker's control group, for the daemon, which opens them when it needs them; "" where the
// host has none.
struct GroupFiles {
    char memory_peak[128] = {};  // bytes, as decimal text
    char freeze[128] = {};       // "1": its processes stop, "0": they go on
    char core_use[128] = {};     // "usage_usec MICROSECONDS" and more lines
};

// Launcher to daemon.
struct Report {
    enum class Type : std::uint8_t {
        hello,        // the launcher serves; text says what the host cannot give ("" = full)
        internet,     // whether sandboxes can have it: text says what is missing ("" = nothing)
        relay_lost,   // mayfly-net has ended, and with it every worker that had its way out by it;
                      // text says how
        zygote_lost,  // no zygote for `language`: from now on its workers start by exec; text says
                      // why
        started,      // `group` is its own. Its doors come with it in the order of Door, if
                      // it has them.
        doors,        // of one that was adopted: its doors come with it
        failed,       // could not be started; text says why. Nothing of it is left.
        gone,         // its process has ended and been reaped; everything of it is given back.
                      // text: why it could not be adopted, if that is the reason
    } type = Type::hello;
    std::uint64_t worker = 0;
    Language language = Language::python;
    std::int32_t status = 0;  // of gone: as waitpid(2) gives it
    bool out_of_memory = false;
    std::int64_t memory_bytes_peak = 0;  // 0 where no memory group could be had
    char text[768] = {};
    Tier tier = Tier::exec;  // of started: whose child it is
    std::int32_t pid = 0;    // of started: its process, in the launcher's pid namespace
    // Of started: when the order for it came and when its process was there, on the clock of all
    // processes (CLOCK_MONOTONIC).
    Time order_came{}, cloned{};
    GroupFiles group;
};

// A worker's ends of its pipes: frames in, frames out, log.
enum WorkerEnd : std::uint8_t { kEndIn, kEndOut, kEndLog, kEnds };

// What comes with a ZygoteOrder: the worker's ends, then its code (of a parked one its gate), then
// the memory it shares, its layers and its network namespace (if any) and the cgroup.procs files.
enum SpecFd { kFdCode = kEnds, kFdFirstOptional };

struct ZygoteOrder {
    Spec spec;
    bool has_layers = false;
    bool has_netns = false;
    std::uint8_t cgroups = 0;  // how many cgroup.procs descriptors follow
};

// Zygote to launcher: its answer to one ZygoteOrder, or (worker 0) that it is ready.
struct ZygoteReply {
    std::uint64_t worker = 0;
    std::int32_t pid = 0;         // in the launcher's pid namespace; the launcher is its parent
    std::int32_t error_code = 0;  // errno of a clone that failed; then pid is 0
    // [0] the pidfd, if pid is not 0
};

inline constexpr std::size_t kFdsMax = 13;

// Sends one packet. False with errno set if it could not be sent (EAGAIN on a full non-blocking
// one).
bool send_packet(int socket, std::span<const std::byte> bytes, std::span<const int> fds);

struct Packet {
    std::size_t size = 0;  // 0: the other end is gone
    std::vector<Fd> fds;   // close-on-exec
};
// Receives one packet into `into`; nothing if none waits on a non-blocking socket.
std::optional<Packet> receive_packet(int socket, std::span<std::byte> into);

template <class T>
bool send_message(int socket, const T& message, std::span<const int> fds = {}) {
    return send_packet(socket, std::as_bytes(std::span(&message, 1)), fds);
}

// A message of exactly the size of T; a size of 0 means the other end is gone.
template <class T>
std::optional<Packet> receive_message(int socket, T& into) {
    return receive_packet(socket, std::as_writable_bytes(std::span(&into, 1)));
}

// Copies words into a fixed field, cutting at its end.
void set_text(std::span<char> field, std::string_view words);

}  // namespace mayfly::sandbox
