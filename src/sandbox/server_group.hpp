// The server's own share of the cores. cgroups(7).
//
// The loop hands every worker its calls, so a crowd of workers must not keep it from a core. A
// service manager gives the server a control group; where nobody did, it has one beside those of
// its workers, with the share of one that has 1 GB.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace mayfly::sandbox {

// Of the hierarchy that shares out the cores: {mount}/mayfly/{key}/server. Used by the launcher
// only.
class ServerGroup {
public:
    static constexpr std::string_view kName = "server";

    // Nothing happens if the server is in a group that somebody gave it.
    ServerGroup(std::string mount, const std::string& folder, bool v2, pid_t server);
    ~ServerGroup();  // the server, if it is alive, is where it was before
    ServerGroup(const ServerGroup&) = delete;
    ServerGroup& operator=(const ServerGroup&) = delete;

    // Leads the processes of one that a lost launcher left behind out of it, and removes it.
    static void dissolve(const std::string& mount, const std::string& group);

private:
    std::string mount_, group_;  // the latter is empty if there is none
};

// Whether a process is in no group but the first of a hierarchy. `cgroup`: /proc/PID/cgroup,
// "ID:CONTROLLERS:GROUP" on each line, 0 and none for v2.
bool is_in_first_group(std::string_view cgroup, bool v2);

}  // namespace mayfly::sandbox
