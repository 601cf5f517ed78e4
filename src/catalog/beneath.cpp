#include "catalog/beneath.hpp"

#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>

namespace mayfly::catalog {

namespace {

constexpr int open_folder = O_PATH | O_DIRECTORY | O_CLOEXEC;

Fd open_beneath(int root, const std::string& path, int flags, mode_t mode = 0) {
    open_how how{};
    how.flags = static_cast<unsigned>(flags);
    how.mode = mode;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return Fd(static_cast<int>(::syscall(SYS_openat2, root, path.c_str(), &how, sizeof how)));
}

Failure refuse(std::string why) { return fail(Kind::invalid, std::move(why), "InvalidArgument"); }

Failure failure(const std::string& path) {
    switch (errno) {
        case ENOTDIR:
        case EEXIST:
        case EISDIR:
            return refuse(fmt::format(
                "'{}' is both a file and a folder in the package; rename one of them", path));
        case ENAMETOOLONG: return refuse(fmt::format("the name '{}' is too long for a file", path));
        case ENOSPC:
        case EDQUOT:
            return fail(
                Kind::unavailable,
                fmt::format("the disk is full while unpacking '{}'; free some space on it", path));
        default: return Failure(errno_error("unpack " + path));
    }
}

std::pair<std::string, std::string> parent_and_name(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == path.npos) return {"", path};
    return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

Result<Beneath> Beneath::open(const std::filesystem::path& root) {
    Fd fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return Failure(errno_error("open " + root.string()));
    return Beneath(std::move(fd));
}

Result<int> Beneath::folder(const std::string& path) {
    if (path.empty()) return root_.get();
    if (last_ && path == last_path_) return last_.get();
    Fd found = open_beneath(root_.get(), path, open_folder);
    if (!found && errno == ENOENT) {
        const auto [parent, name] = parent_and_name(path);
        TRY(const int above, folder(parent));
        if (::mkdirat(above, name.c_str(), 0755) != 0 && errno != EEXIST) return failure(path);
        if (::fchmodat(above, name.c_str(), 0755, 0) != 0)
            return failure(path);  // whatever the umask
        found = open_beneath(above, name, open_folder);
    }
    if (!found) return failure(path);
    last_path_ = path;
    last_ = std::move(found);
    return last_.get();
}

Result<void> Beneath::make_folder(const std::string& path) {
    TRYV(folder(path));
    return {};
}

Result<Fd> Beneath::make_file(const std::string& path) {
    const auto [parent, name] = parent_and_name(path);
    TRY(const int above, folder(parent));
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    Fd file = open_beneath(above, name, flags, 0600);
    if (!file && errno == EEXIST && ::unlinkat(above, name.c_str(), 0) == 0)
        file = open_beneath(above, name, flags, 0600);
    if (!file) return failure(path);
    return file;
}

}  // namespace mayfly::catalog
