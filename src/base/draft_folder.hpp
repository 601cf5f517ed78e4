// A folder that is under its final name only when it is whole: made beside, then renamed. Nothing
// is synced.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <utility>

namespace mayfly {

// Removed again with all that is in it, unless it was kept.
class DraftFolder {
public:
    // `final_folder`'s parent exists.
    static Result<DraftFolder> make(const std::filesystem::path& final_folder);

    DraftFolder(DraftFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    DraftFolder& operator=(DraftFolder&&) = delete;
    ~DraftFolder();

    const std::filesystem::path& path() const { return path_; }

    // Somebody else may have made the same meanwhile: theirs is as good.
    Result<void> keep_as(const std::filesystem::path& folder);

private:
    explicit DraftFolder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace mayfly
