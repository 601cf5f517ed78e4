#include "sandbox/landlock.hpp"

#include "base/fd.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace mayfly::sandbox {

namespace {

// The kernel's struct of ABI 6; older headers know only its beginning.
struct Ruleset {
    std::uint64_t files, net, scoped;
};
constexpr std::uint64_t kScopeAll = 3;  // abstract Unix sockets, signals
constexpr std::uint64_t kBindTcp = 1;   // LANDLOCK_ACCESS_NET_BIND_TCP

constexpr std::uint64_t handled_files(int abi) {
    std::uint64_t all = (1ull << 13) - 1;
    if (abi >= 2) all |= 1ull << 13;  // LANDLOCK_ACCESS_FS_REFER
    if (abi >= 3) all |= 1ull << 14;  // LANDLOCK_ACCESS_FS_TRUNCATE
    return all;
}

// What `handled_files` names is refused from restrict() on, but for what is allowed before it.
Fd ruleset(int abi, std::uint64_t net) {
    const Ruleset all{handled_files(abi), net, abi >= 6 ? kScopeAll : 0};
    const std::size_t size = abi >= 6 ? sizeof all : abi >= 4 ? 16 : 8;
    return Fd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &all, size, 0)));
}

StepError restrict(const Fd& rules) {
    return ::syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0 ? nullptr
                                                                      : "landlock restrict";
}

bool allow(int ruleset, const char* folder, std::uint64_t access) {
    const Fd parent(::open(folder, O_PATH | O_CLOEXEC));
    landlock_path_beneath_attr rule{};
    rule.allowed_access = access;
    rule.parent_fd = parent.get();
    return parent &&
           ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

}  // namespace

int landlock_abi() {
    const long abi =
        ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? static_cast<int>(abi) : 0;
}

StepError lock_files(int abi) {
    if (abi == 0) return nullptr;
    const auto all = handled_files(abi);
    const Fd fd = ruleset(abi, 0);
    if (!fd) return "landlock ruleset";
    constexpr std::uint64_t read =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    if (!allow(fd.get(), "/", read)) return "landlock rule /";
    if (!allow(fd.get(), "/tmp", all)) return "landlock rule /tmp";
    if (!allow(fd.get(), "/dev", read | LANDLOCK_ACCESS_FS_WRITE_FILE)) return "landlock rule /dev";
    return restrict(fd);
}

StepError lock_to_reading(int abi, std::span<const std::string> folders) {
    if (abi == 0) return nullptr;
    const Fd fd = ruleset(abi, kBindTcp);
    if (!fd) return "landlock ruleset";
    for (const auto& folder : folders)
        if (!allow(fd.get(), folder.c_str(), LANDLOCK_ACCESS_FS_READ_FILE))
            return "landlock rule of a folder";
    return restrict(fd);
}

}  // namespace mayfly::sandbox
