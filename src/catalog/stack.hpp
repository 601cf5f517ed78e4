// Several unpacked packages as one folder, without copying a byte: its files are hard links.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <vector>

namespace mayfly::catalog {

// Makes `folder`, whole or not at all. Its parent exists and is on the disk of `parts`, which hold
// folders and files only (package.hpp). Where two parts have the same name the later one counts, be
// it a file or a folder; two folders are one. unavailable: the disk is full, or takes no more
// links. Blocks: for a worker thread.
Result<void> stack_folders(const std::vector<std::filesystem::path>& parts,
                           const std::filesystem::path& folder);

}  // namespace mayfly::catalog
