// Limits of one sandbox by control groups, v1 and v2 behind one interface. cgroups(7).
//
// A machine may offer a controller in v2, in v1, or not at all, and mix them; each is looked for on
// its own. Groups are pooled: making and removing four v1 groups costs more than rewriting their
// limits. Making them takes 0.5 ms, so some are made ahead of time. Layout: {mount of the
// controller}/mayfly/{key}/{slot}, and the server's beside them. Used by the launcher only (one
// thread).
#pragma once

#include "base/fd.hpp"
#include "sandbox/messages.hpp"
#include "sandbox/server_group.hpp"
#include "sandbox/spec.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mayfly::sandbox {

// What the host can give. A missing one is said at start and never hidden.
struct CgroupAbilities {
    bool memory = false, cpu = false, pids = false;
    bool kill = false;    // v2 cgroup.kill: ends a whole group at once
    bool freeze = false;  // v2 cgroup.freeze
};

// What to write where, so that the kernel moves a group's memory to swap.
struct ReclaimFile {
    char path[128] = {};  // "" where there is none
    char word[16] = {};
};

class Cgroups {
public:
    // `root` is /sys/fs/cgroup. `key` tells the servers of one machine apart; what a crashed
    // predecessor with the same key left behind is removed here. `wanted`: how many ready groups
    // to hold.
    Cgroups(std::string root, std::string key, int wanted);
    ~Cgroups();  // removes all groups; a group with processes left stays
    Cgroups(const Cgroups&) = delete;
    Cgroups& operator=(const Cgroups&) = delete;

    const CgroupAbilities& abilities() const { return abilities_; }

    // Whether as many as are wanted ahead of time are there.
    bool full() const { return static_cast<int>(free_.size()) >= wanted_; }
    // Makes one more, with the limits that were asked for last. If it cannot be, none is made ahead
    // of time from now on.
    void restock();

    // A group with these limits, made now if none is ready; -1 with errno set if it cannot be.
    int acquire(const Limits& limits);

    // Other limits for a group in use. False with errno set if they cannot be.
    bool change(int slot, const Limits& limits) { return write_limits(slot, limits); }

    // How a group stands to the others from now on; as usual when it is acquired. Nothing where the
    // host has no groups that run while no other wants the core.
    void stand(int slot, Standing standing);

    // One cgroup.procs file of each hierarchy: a process enters by writing "0" to every one.
    std::vector<Fd> entrances(int slot) const;

    // The server is to have its own share of the cores, where nobody gave it one.
    void favour(pid_t server);

    GroupFiles files(int slot) const;
    std::int64_t memory_bytes_peak(int slot) const;
    ReclaimFile reclaim_file(int slot) const;
    bool out_of_memory(int slot) const;  // since it was acquired

    void kill_all(int slot);  // where the kernel can; else the pid namespace has to do it
    void release(int slot);   // its processes must have been reaped

private:
    struct Hierarchy {
        std::string mount;
        std::string folder;  // {mount}/mayfly/{key}
        bool v2 = false, memory = false, cpu = false, pids = false;
        bool idles = false;  // cpu, and a group can give way to all others
        Fd claim{};          // on the folder: one launcher at a time
    };
    struct Slot {
        std::int64_t oom_kills_before = 0;
        Limits limits;
        bool fresh = true;
        Standing standing = Standing::usual;
    };

    void find_v1(const std::string& root, const std::string& key, const char* controller,
                 bool Hierarchy::* has);
    void find_v2(const std::string& mount, const std::string& key);
    bool make_one();
    bool make_groups(int slot);
    bool write_limits(int slot, const Limits& limits);
    static bool write_weight(const Hierarchy& hierarchy, int slot, std::int32_t weight);
    std::int64_t oom_kills(int slot) const;
    std::string memory_peak_path(int slot) const;
    const Hierarchy* with(bool Hierarchy::* what) const;
    static std::string group(const Hierarchy& hierarchy, int slot);

    CgroupAbilities abilities_;
    Fd quick_;  // while it is open, entering a group is quick
    std::vector<Hierarchy> hierarchies_;
    std::vector<Slot> slots_;
    std::vector<int> free_;
    int wanted_;
    Limits usual_;  // the last that were asked for
    std::optional<ServerGroup> server_;
};

}  // namespace mayfly::sandbox
