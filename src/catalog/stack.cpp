#include "catalog/stack.hpp"

#include "base/draft_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mayfly::catalog {

namespace fs = std::filesystem;

namespace {

Failure failure(const fs::path& at) {
    const bool full = errno == ENOSPC || errno == EDQUOT || errno == EMLINK;
    return fail(full ? Kind::unavailable : Kind::internal,
                fmt::format("the layers cannot be put together at '{}': {}", at.filename().string(),
                            std::strerror(errno)));
}

// An earlier part's file of that name goes away for it.
bool place_folder(const fs::path& to) {
    if (::mkdir(to.c_str(), 0755) == 0)
        return ::chmod(to.c_str(), 0755) == 0;  // whatever the umask
    if (errno != EEXIST) return false;
    if (fs::is_directory(to)) return true;
    return ::unlink(to.c_str()) == 0 && place_folder(to);
}

// An earlier part's file or folder of that name goes away for it.
bool place_file(const fs::path& from, const fs::path& to) {
    if (::link(from.c_str(), to.c_str()) == 0) return true;
    if (errno != EEXIST) return false;
    fs::remove_all(to);
    return ::link(from.c_str(), to.c_str()) == 0;
}

Result<void> add(const fs::path& part, const fs::path& folder) {
    for (const auto& entry : fs::recursive_directory_iterator(part)) {
        const auto to = folder / entry.path().lexically_relative(part);
        const bool placed = entry.is_directory() ? place_folder(to) : place_file(entry.path(), to);
        if (!placed) return failure(to);
    }
    return {};
}

}  // namespace

Result<void> stack_folders(const std::vector<fs::path>& parts, const fs::path& folder) {
    TRY(auto draft, DraftFolder::make(folder));
    try {
        for (const auto& part : parts) TRYV(add(part, draft.path()));
    } catch (const fs::filesystem_error& error) {
        return fail(Kind::internal,
                    fmt::format("the layers cannot be put together: {}", error.what()));
    }
    return draft.keep_as(folder);
}

}  // namespace mayfly::catalog
