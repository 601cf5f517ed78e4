// Files as whole values, written so that a crash leaves the old content or the new, never a
// mixture.
#pragma once

#include "base/fd.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace mayfly {

// not_found if there is none; internal with errno's words otherwise. Blocks.
Result<std::string> read_file(const std::filesystem::path& path);

// Writes beside, fsyncs, renames over `path`, fsyncs the folder: durable and atomic on return.
// Blocks.
Result<void> write_file_durably(const std::filesystem::path& path, std::string_view bytes,
                                mode_t mode = 0644);

// Makes the entries of a folder durable.
Result<void> sync_folder(const std::filesystem::path& folder);

// The folder is there, and so are those above it, also after a power cut: the name of each that was
// made is synced, and its own in any case, for who made it may have been cut short.
Result<void> make_folder_durably(const std::filesystem::path& folder);

// Writes all of it to a descriptor, going on after short writes and EINTR.
Result<void> write_all(int fd, std::string_view bytes);

// The words of errno for `what`, as an Error of kind internal ("open x: No space left on device").
Error errno_error(std::string_view what);

}  // namespace mayfly
