#include "sandbox/descriptors.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mayfly::sandbox {

namespace fs = std::filesystem;
using Kind = HeldDescriptor::Kind;

namespace {

Kind kind_of(const std::string& target) {
    if (target == "anon_inode:[eventpoll]") return Kind::queue;
    if (target.starts_with("anon_inode:[eventfd]")) return Kind::event;
    if (target.starts_with("pipe:")) return Kind::pipe;
    std::error_code error;
    return fs::is_regular_file(target, error) ? Kind::file : Kind::other;
}

// Lines such as "pos: 12", "flags: 02004002" (octal) and "tfd: 8 events: 19 data: 8 ..."
// (hexadecimal).
void read_details(HeldDescriptor& held) {
    std::ifstream file("/proc/self/fdinfo/" + std::to_string(held.number));
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name, number, skip;
        words >> name >> number;
        if (name == "pos:") held.offset = std::atoll(number.c_str());
        if (name == "flags:")
            held.flags = static_cast<int>(std::strtol(number.c_str(), nullptr, 8));
        if (name != "tfd:") continue;
        std::string events, data;
        words >> skip >> events >> skip >> data;
        epoll_event event{};
        event.events = static_cast<std::uint32_t>(std::strtoul(events.c_str(), nullptr, 16));
        event.data.u64 = std::strtoull(data.c_str(), nullptr, 16);
        held.watched.emplace_back(std::atoi(number.c_str()), event);
    }
}

bool place(int fd, int number, int flags) {
    const bool placed = fd >= 0 && ::dup3(fd, number, flags & O_CLOEXEC) == number;
    if (fd >= 0) ::close(fd);
    return placed;
}

bool renew_file(const HeldDescriptor& held) {
    constexpr int kKept = O_ACCMODE | O_APPEND | O_NONBLOCK | O_CLOEXEC;
    const int fd = ::open(held.name.c_str(), held.flags & kKept);
    if (fd >= 0) ::lseek(fd, held.offset, SEEK_SET);
    return place(fd, held.number, held.flags);
}

bool renew_queue(const HeldDescriptor& held) {
    if (!place(::epoll_create1(0), held.number, held.flags)) return false;
    for (auto [number, event] : held.watched)
        ::epoll_ctl(held.number, EPOLL_CTL_ADD, number, &event);  // /dev/null cannot be watched
    return true;
}

bool is_write_end(const HeldDescriptor& held) { return (held.flags & O_ACCMODE) != O_RDONLY; }

// Both ends at once, when the read end's turn comes.
bool renew_pipe(const HeldDescriptor& read_end, const std::vector<HeldDescriptor>& all) {
    const auto write_end = std::ranges::find_if(all, [&](const HeldDescriptor& other) {
        return other.kind == Kind::pipe && other.name == read_end.name && is_write_end(other);
    });
    if (write_end == all.end()) return true;
    int ends[2];
    return ::pipe2(ends, read_end.flags & O_NONBLOCK) == 0 &&
           place(ends[0], read_end.number, read_end.flags) &&
           place(ends[1], write_end->number, write_end->flags);
}

// At one, so that whoever waits for it looks once: what it was told before, and had not read yet,
// is in memory that the child has too. libuv, for one, writes to it only if it has not already.
bool renew_event(const HeldDescriptor& held) {
    return place(::eventfd(1, held.flags & O_NONBLOCK), held.number, held.flags);
}

}  // namespace

std::vector<HeldDescriptor> held_above(int last) {
    std::vector<HeldDescriptor> all;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc/self/fd", error)) {
        HeldDescriptor held{.number = std::atoi(entry.path().filename().c_str())};
        const auto target = fs::read_symlink(entry.path(), error);
        if (error || held.number <= last) continue;  // the folder's own is gone again by now
        held.kind = kind_of(target.string());
        held.name = target.string();
        read_details(held);
        all.push_back(std::move(held));
    }
    std::erase_if(all, [](const HeldDescriptor& held) { return held.name.starts_with("/proc/"); });
    return all;
}

StepError renew(const std::vector<HeldDescriptor>& held) {
    for (const auto& one : held)  // so that nothing new takes a number that is still to come
        if (::dup3(0, one.number, O_CLOEXEC) < 0) return "renew descriptors";
    for (const auto& one : held) {
        const bool ok = one.kind == Kind::file                         ? renew_file(one)
                        : one.kind == Kind::event                      ? renew_event(one)
                        : one.kind == Kind::pipe && !is_write_end(one) ? renew_pipe(one, held)
                                                                       : true;
        if (!ok) return "renew a descriptor";
    }
    for (const auto& one : held)  // once all they watch is there
        if (one.kind == Kind::queue && !renew_queue(one)) return "renew an event queue";
    return nullptr;
}

}  // namespace mayfly::sandbox
