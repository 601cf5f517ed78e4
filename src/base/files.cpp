#include "base/files.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace mayfly {

namespace fs = std::filesystem;

Error errno_error(std::string_view what) {
    return Error(Kind::internal, fmt::format("{}: {}", what, std::strerror(errno)));
}

Result<std::string> read_file(const fs::path& path) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) {
        if (errno == ENOENT)
            return fail(Kind::not_found, fmt::format("{} does not exist", path.string()));
        return Failure(errno_error("open " + path.string()));
    }
    std::string out;
    char block[65536];
    for (;;) {
        const auto n = ::read(file.get(), block, sizeof block);
        if (n == 0) return out;
        if (n > 0) {
            out.append(block, static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            return Failure(errno_error("read " + path.string()));
        }
    }
}

Result<void> write_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto n = ::write(fd, bytes.data(), bytes.size());
        if (n >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            return Failure(errno_error("write"));
        }
    }
    return {};
}

Result<void> sync_folder(const fs::path& folder) {
    const Fd dir(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir || ::fsync(dir.get()) != 0) return Failure(errno_error("fsync " + folder.string()));
    return {};
}

Result<void> make_folder_durably(const fs::path& folder) {
    auto path = fs::absolute(folder).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // "a/b/"
    std::vector<fs::path> changed{path.parent_path()};
    std::error_code error;
    for (auto above = path.parent_path(); above.has_relative_path() && !fs::exists(above, error);
         above = above.parent_path())
        changed.push_back(above.parent_path());
    fs::create_directories(path, error);
    if (error)
        return fail(Kind::internal, fmt::format("make {}: {}", path.string(), error.message()));
    for (const auto& one : changed) TRYV(sync_folder(one));
    return {};
}

Result<void> write_file_durably(const fs::path& path, std::string_view bytes, mode_t mode) {
    const fs::path beside = path.string() + ".new";
    {
        const Fd file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
        if (!file) return Failure(errno_error("open " + beside.string()));
        TRYV(write_all(file.get(), bytes));
        if (::fsync(file.get()) != 0) return Failure(errno_error("fsync " + beside.string()));
    }
    if (::rename(beside.c_str(), path.c_str()) != 0)
        return Failure(errno_error("rename to " + path.string()));
    return sync_folder(path.parent_path());
}

}  // namespace mayfly
