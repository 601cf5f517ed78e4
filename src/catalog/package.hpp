// From a stranger's zip to a folder of plain files that a sandbox can run, or one clear refusal.
//
// (1) A package's folder is under its final name only when it is whole: it is unpacked beside,
//     then renamed. Nothing is synced: what is durable is the zip (code_shelf.hpp, rule 4).
// (2) Nothing is written outside of that folder: names that lead out, links and devices are
//     refused, and the kernel resolves each path beneath it (beneath.hpp).
// (3) No limit is taken from what the zip says of itself: bytes are counted as they come out.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace mayfly::catalog {

struct PackageLimits {
    std::uint64_t zip_bytes_max = 100ull << 20;       // FC: code sent inline
    std::uint64_t unpacked_bytes_max = 500ull << 20;  // FC: an unpacked package
    std::uint64_t entries_max = 100'000;
    std::size_t path_bytes_max = 1024;
    std::uint64_t ratio_max = 250;                 // unpacked to zipped …
    std::uint64_t ratio_free_bytes = 50ull << 20;  // … counted only beyond this size
};

struct PackageFacts {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
};

// Unpacks into `folder`, whose parent exists and whose name does not, or is already the same
// package (then it is left as it is). Files become 0444, or 0555 if the zip marks them executable;
// folders 0755: sandboxes run as other users. Of two files with one name the later counts, as with
// unzip. invalid (InvalidArgument): the zip is refused; the sentence names the entry and the
// remedy. unavailable: the disk is full. Blocks: for a worker thread.
Result<PackageFacts> unpack(std::string_view zip, const std::filesystem::path& folder,
                            const PackageLimits& limits);

}  // namespace mayfly::catalog
