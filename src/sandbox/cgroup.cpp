#include "sandbox/cgroup.hpp"

#include "sandbox/control_file.hpp"
#include "sandbox/waking.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

namespace mayfly::sandbox {

namespace {

bool make_folder(const std::string& path) {
    return ::mkdir(path.c_str(), 0755) == 0 || errno == EEXIST;
}

// Makes the folder of a server's groups. It is its launcher's while that lives: one whose server
// was killed is still taking its groups away when the next server starts, and would take the new
// ones too. Waits for it.
Fd claim(const std::string& above, const std::string& folder) {
    for (;;) {
        if (!make_folder(above)) return {};
        if (!make_folder(folder) && errno != ENOENT) return {};
        Fd held(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (!held && errno == ENOENT) continue;  // it was taken away just now
        if (!held || ::flock(held.get(), LOCK_EX) != 0) return {};
        struct stat ours{}, there{};
        if (::fstat(held.get(), &ours) == 0 && ::stat(folder.c_str(), &there) == 0 &&
            ours.st_ino == there.st_ino)
            return held;
    }
}

bool has_word(std::string_view text, std::string_view word) {
    for (auto i = text.find(word); i != text.npos; i = text.find(word, i + 1)) {
        const bool begins = i == 0 || text[i - 1] == ' ';
        const auto end = i + word.size();
        if (begins && (end == text.size() || text[end] == ' ' || text[end] == '\n')) return true;
    }
    return false;
}

// The number after `key` at the beginning of a line ("oom_kill 3").
std::int64_t field(std::string_view text, std::string_view key) {
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        std::int64_t value = 0;
        if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ' &&
            std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), value).ec ==
                std::errc{})
            return value;
        text.remove_prefix(std::min(text.size(), line.size() + 1));
    }
    return 0;
}

// Removes the groups below `folder`, ending what a crashed launcher left in them; but not its
// server.
void sweep(const std::string& mount, const std::string& folder) {
    const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), &::closedir);
    if (!dir) return;
    while (const dirent* entry = ::readdir(dir.get())) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
        const auto group = folder + "/" + entry->d_name;
        if (entry->d_name == ServerGroup::kName) {
            ServerGroup::dissolve(mount, group);
            continue;
        }
        each_number(group + "/cgroup.procs", [](pid_t pid) { ::kill(pid, SIGKILL); });
        remove_group(group);
    }
}

// A process that enters a group makes the kernel wait for every other that forks or ends: 6 to 15
// ms, when the last one entered a while ago (measured, Linux 6.18), and that is most of a cold
// start. A hierarchy with the option favordynmods (Linux 6.0, cgroup_favor_dynmods()) makes it 0.3
// ms, for all hierarchies, as long as it is mounted. So one without controllers is, at no place.
// Older kernels: empty, and slow.
Fd make_entering_quick() {
    const auto call = [](auto... arguments) { return static_cast<int>(::syscall(arguments...)); };
    const Fd context(call(SYS_fsopen, "cgroup", FSOPEN_CLOEXEC));
    const auto set = [&](auto command, const char* key, const char* value) {
        return call(SYS_fsconfig, context.get(), command, key, value, 0) == 0;
    };
    const bool ok = context && set(FSCONFIG_SET_FLAG, "none", nullptr) &&
                    set(FSCONFIG_SET_STRING, "name", "mayfly") &&
                    set(FSCONFIG_SET_FLAG, "favordynmods", nullptr) &&
                    set(FSCONFIG_CMD_CREATE, nullptr, nullptr);
    return ok ? Fd(call(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)) : Fd{};
}

constexpr const char* kIdle = "/cpu.idle";  // Linux 5.15
constexpr std::int32_t kWeightOfFirst = 2048;

// FC's weights are v1 shares (1024 is one full share); v2 counts 1 to 10000 around 100.
std::int64_t weight_v2(std::int32_t shares) {
    return std::min<std::int64_t>(10000, std::max<std::int64_t>(1, shares * 100ll / 1024));
}

}  // namespace

Cgroups::Cgroups(std::string root, std::string key, int wanted) : wanted_(wanted) {
    const auto mixed = root + "/unified";
    find_v2(::access((root + "/cgroup.controllers").c_str(), F_OK) == 0 ? root : mixed, key);
    if (!abilities_.memory) find_v1(root, key, "memory", &Hierarchy::memory);
    if (!abilities_.cpu) find_v1(root, key, "cpu", &Hierarchy::cpu);
    if (!abilities_.pids) find_v1(root, key, "pids", &Hierarchy::pids);
    for (auto& h : hierarchies_) {
        h.idles = h.cpu && ::access((h.folder + kIdle).c_str(), F_OK) == 0;
        abilities_.memory |= h.memory;
        abilities_.cpu |= h.cpu;
        abilities_.pids |= h.pids;
    }
    if (!hierarchies_.empty()) quick_ = make_entering_quick();
}

Cgroups::~Cgroups() {
    server_.reset();
    for (const auto& h : hierarchies_) {
        for (int slot = 0; slot < static_cast<int>(slots_.size()); ++slot)
            ::rmdir(group(h, slot).c_str());
        ::rmdir(h.folder.c_str());
        ::rmdir(h.folder.substr(0, h.folder.rfind('/')).c_str());  // stays while others use it
    }
}

void Cgroups::find_v1(const std::string& root, const std::string& key, const char* controller,
                      bool Hierarchy::* has) {
    const auto mount = root + "/" + controller;
    if (::access((mount + "/cgroup.procs").c_str(), F_OK) != 0) return;
    Hierarchy h{.mount = mount, .folder = mount + "/mayfly/" + key};
    h.*has = true;
    if (!(h.claim = claim(mount + "/mayfly", h.folder))) return;
    sweep(mount, h.folder);
    hierarchies_.push_back(std::move(h));
}

void Cgroups::find_v2(const std::string& mount, const std::string& key) {
    if (::access((mount + "/cgroup.controllers").c_str(), F_OK) != 0) return;
    Hierarchy h{.mount = mount, .folder = mount + "/mayfly/" + key, .v2 = true};
    const auto above = mount + "/mayfly";
    if (!(h.claim = claim(above, h.folder))) return;
    // A controller must be handed down on every floor. Groups of the launcher hold no process above
    // the leaves, as v2 demands.
    for (const auto& floor : {mount, above}) {
        const auto offered = get(floor + "/cgroup.controllers");
        for (const char* name : {"memory", "cpu", "pids"})
            if (has_word(offered, name))
                put(floor + "/cgroup.subtree_control", std::string("+") + name);
    }
    const auto offered = get(h.folder + "/cgroup.controllers");
    for (const char* name : {"memory", "cpu", "pids"})
        if (has_word(offered, name))
            put(h.folder + "/cgroup.subtree_control", std::string("+") + name);
    const auto given = get(h.folder + "/cgroup.subtree_control");
    h.memory = abilities_.memory = has_word(given, "memory");
    h.cpu = abilities_.cpu = has_word(given, "cpu");
    h.pids = abilities_.pids = has_word(given, "pids");
    sweep(mount, h.folder);
    abilities_.kill = abilities_.freeze = true;
    hierarchies_.push_back(std::move(h));
}

std::string Cgroups::group(const Hierarchy& hierarchy, int slot) {
    return hierarchy.folder + "/" + std::to_string(slot);
}

const Cgroups::Hierarchy* Cgroups::with(bool Hierarchy::* what) const {
    for (const auto& h : hierarchies_)
        if (h.*what) return &h;
    return nullptr;
}

void Cgroups::favour(pid_t server) {
    if (const auto* h = with(&Hierarchy::cpu)) server_.emplace(h->mount, h->folder, h->v2, server);
}

void Cgroups::restock() {
    if (!make_one()) wanted_ = 0;
}

bool Cgroups::make_one() {
    const int slot = static_cast<int>(slots_.size());
    if (!make_groups(slot)) return false;
    slots_.emplace_back();
    free_.push_back(slot);
    return write_limits(slot, usual_);
}

int Cgroups::acquire(const Limits& limits) {
    usual_ = limits;
    if (free_.empty() && !make_one()) return -1;
    const int slot = free_.back();
    if (!write_limits(slot, limits)) return -1;
    free_.pop_back();
    return slot;
}

bool Cgroups::make_groups(int slot) {
    for (const auto& h : hierarchies_)
        if (!make_folder(group(h, slot))) return false;
    return true;
}

bool Cgroups::write_limits(int slot, const Limits& limits) {
    auto& state = slots_[static_cast<std::size_t>(slot)];
    const auto& old = state.limits;
    for (const auto& h : hierarchies_) {
        const auto folder = group(h, slot);
        if (h.memory && (state.fresh || old.memory_bytes != limits.memory_bytes) &&
            !put(folder + (h.v2 ? "/memory.max" : "/memory.limit_in_bytes"), limits.memory_bytes))
            return false;
        if (h.memory && h.v2 && state.fresh) put(folder + "/memory.oom.group", 1);
        if (h.cpu && (state.fresh || old.cpu_weight != limits.cpu_weight) &&
            !write_weight(h, slot, limits.cpu_weight))
            return false;
        if (h.pids && (state.fresh || old.processes_max != limits.processes_max) &&
            !put(folder + "/pids.max", limits.processes_max))
            return false;
    }
    state.limits = limits;
    state.fresh = false;
    return true;
}

bool Cgroups::write_weight(const Hierarchy& h, int slot, std::int32_t weight) {
    return put(group(h, slot) + (h.v2 ? "/cpu.weight" : "/cpu.shares"),
               h.v2 ? weight_v2(weight) : weight);
}

std::vector<Fd> Cgroups::entrances(int slot) const {
    std::vector<Fd> files;
    for (const auto& h : hierarchies_)
        files.emplace_back(
            ::open((group(h, slot) + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    return files;
}

std::string Cgroups::memory_peak_path(int slot) const {
    const auto* h = with(&Hierarchy::memory);
    if (!h) return {};
    return group(*h, slot) + (h->v2 ? "/memory.peak" : "/memory.max_usage_in_bytes");
}

GroupFiles Cgroups::files(int slot) const {
    GroupFiles files;
    set_text(files.memory_peak, memory_peak_path(slot));
    if (const auto* h = with(&Hierarchy::v2)) {
        set_text(files.freeze, group(*h, slot) + "/cgroup.freeze");
        set_text(files.core_use, group(*h, slot) + "/cpu.stat");
    }
    return files;
}

std::int64_t Cgroups::memory_bytes_peak(int slot) const {
    return std::strtoll(get(memory_peak_path(slot)).c_str(), nullptr, 10);
}

// v1 takes all it can get at once, v2 as many bytes as are named (Linux 5.19).
ReclaimFile Cgroups::reclaim_file(int slot) const {
    ReclaimFile file;
    if (const auto* h = with(&Hierarchy::memory)) {
        set_text(file.path, group(*h, slot) + (h->v2 ? "/memory.reclaim" : "/memory.force_empty"));
        set_text(file.word, h->v2 ? "1T" : "0");
    }
    return file;
}

std::int64_t Cgroups::oom_kills(int slot) const {
    const auto* h = with(&Hierarchy::memory);
    if (!h) return 0;
    return field(get(group(*h, slot) + (h->v2 ? "/memory.events" : "/memory.oom_control")),
                 "oom_kill");
}

bool Cgroups::out_of_memory(int slot) const {
    return oom_kills(slot) > slots_[static_cast<std::size_t>(slot)].oom_kills_before;
}

void Cgroups::kill_all(int slot) {
    for (const auto& h : hierarchies_)
        if (h.v2) put(group(h, slot) + "/cgroup.kill", 1);
}

// A group that is last has no weight of its own. When the turn of one that is first comes hangs on
// its slice over its weight, and on those of the server, whose weight is 1024.
void Cgroups::stand(int slot, Standing standing) {
    const auto* h = with(&Hierarchy::idles);
    auto& state = slots_[static_cast<std::size_t>(slot)];
    if (!h || state.standing == standing) return;
    const auto before = std::exchange(state.standing, standing);
    const auto folder = group(*h, slot);
    const bool is_last = standing == Standing::last, is_first = standing == Standing::first;
    if (is_last || before == Standing::last) put(folder + kIdle, is_last);
    if (!is_last)
        write_weight(*h, slot, std::max(state.limits.cpu_weight, is_first ? kWeightOfFirst : 0));
    if (is_first || before == Standing::first)
        each_number(folder + (h->v2 ? "/cgroup.threads" : "/tasks"),
                    [&](pid_t thread) { is_first ? wake_ahead(thread) : wake_behind(thread); });
}

void Cgroups::release(int slot) {
    for (const auto& each : hierarchies_)
        if (each.v2) put(group(each, slot) + "/cgroup.freeze", 0);  // its last one may have been
    stand(slot, Standing::usual);
    const auto* h = with(&Hierarchy::memory);
    if (h && !h->v2) {
        put(group(*h, slot) + "/memory.force_empty", 0);         // page cache of the last tenant
        put(group(*h, slot) + "/memory.max_usage_in_bytes", 0);  // its peak
    } else if (h) {
        // v2 peaks cannot be reset on older kernels: a new group is the honest way.
        for (const auto& each : hierarchies_) {
            ::rmdir(group(each, slot).c_str());
            make_folder(group(each, slot));
        }
        slots_[static_cast<std::size_t>(slot)].fresh = true;
        write_limits(slot, usual_);  // or when it is acquired
    }
    slots_[static_cast<std::size_t>(slot)].oom_kills_before = oom_kills(slot);
    free_.push_back(slot);
}

}  // namespace mayfly::sandbox
