#include "sandbox/server_group.hpp"

#include "sandbox/control_file.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace mayfly::sandbox {

namespace {

// A new group has one share, which v1 counts as 1024 and v2 as 100. All that Mayfly runs has two
// beside what else the machine does, the server's and its workers', as when the server was not in
// it. The server's own stays at one: what it has is taken from workers on the other cores, too.
constexpr std::int64_t kAllV1 = 2 * 1024, kAllV2 = 2 * 100;

bool names(std::string_view controllers, std::string_view wanted) {
    for (std::size_t begin = 0; begin <= controllers.size();) {
        const auto end = std::min(controllers.find(',', begin), controllers.size());
        if (controllers.substr(begin, end - begin) == wanted) return true;
        begin = end + 1;
    }
    return false;
}

}  // namespace

bool is_in_first_group(std::string_view cgroup, bool v2) {
    while (!cgroup.empty()) {
        const auto line = cgroup.substr(0, cgroup.find('\n'));
        cgroup.remove_prefix(std::min(cgroup.size(), line.size() + 1));
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == line.npos || second == line.npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        const bool is_it = v2 ? line.starts_with("0::") : names(controllers, "cpu");
        if (is_it) return line.substr(second + 1) == "/";
    }
    return false;
}

ServerGroup::ServerGroup(std::string mount, const std::string& folder, bool v2, pid_t server)
    : mount_(std::move(mount)) {
    if (!is_in_first_group(get("/proc/" + std::to_string(server) + "/cgroup"), v2)) return;
    const auto group = folder + "/" + std::string(kName);
    if (::mkdir(group.c_str(), 0755) != 0 && errno != EEXIST) return;
    group_ = group;
    put(mount_ + "/mayfly" + (v2 ? "/cpu.weight" : "/cpu.shares"), v2 ? kAllV2 : kAllV1);
    put(group_ + "/cgroup.procs", server);
}

ServerGroup::~ServerGroup() {
    if (!group_.empty()) dissolve(mount_, group_);
}

void ServerGroup::dissolve(const std::string& mount, const std::string& group) {
    each_number(group + "/cgroup.procs", [&](pid_t pid) { put(mount + "/cgroup.procs", pid); });
    remove_group(group);
}

}  // namespace mayfly::sandbox
