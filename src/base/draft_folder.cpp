#include "base/draft_folder.hpp"

#include "base/files.hpp"

#include <stdlib.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>

namespace mayfly {

namespace fs = std::filesystem;

Result<DraftFolder> DraftFolder::make(const fs::path& final_folder) {
    auto name = (final_folder.parent_path() / "draft-XXXXXX").string();
    if (!::mkdtemp(name.data()) || ::chmod(name.c_str(), 0755) != 0)
        return Failure(errno_error("make a folder beside " + final_folder.string()));
    return DraftFolder(name);
}

DraftFolder::~DraftFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
}

Result<void> DraftFolder::keep_as(const fs::path& folder) {
    if (::rename(path_.c_str(), folder.c_str()) == 0) {
        path_.clear();
        return {};
    }
    if (errno == EEXIST || errno == ENOTEMPTY) return {};
    return Failure(errno_error("rename to " + folder.string()));
}

}  // namespace mayfly
