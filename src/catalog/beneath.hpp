// Making files below one folder and nowhere else, whatever names a stranger's archive holds.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace mayfly::catalog {

// Every path is resolved by the kernel beneath the root and through no symbolic link
// (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, Linux 5.6). One thread.
class Beneath {
public:
    static Result<Beneath> open(const std::filesystem::path& root);

    // Makes the folder and those above it, readable for all; no error if it is there.
    // invalid: a file stands in its way.
    Result<void> make_folder(const std::string& path);

    // An empty new file, for writing; a file of that name is replaced. Its folder is made.
    // invalid: a folder has that name, or a file stands in the way.
    Result<Fd> make_file(const std::string& path);

private:
    explicit Beneath(Fd root) : root_(std::move(root)) {}
    Result<int> folder(const std::string& path);

    Fd root_;
    std::string last_path_;  // the folder used last, as archives hold files folder by folder
    Fd last_;
};

}  // namespace mayfly::catalog
