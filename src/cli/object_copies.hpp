// Copies between files and the object store, in pieces of 16 MiB, with a bar where someone looks.
#pragma once

#include "cli/objects_client.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace mayfly::cli {

// Stores a file; a large one as a multipart upload, which is aborted if it fails. Returns the
// bytes.
Result<std::uint64_t> store_file(Context& context, const ObjectsClient& client,
                                 const std::filesystem::path& file, const ObjectName& name);

// Fetches into FILE by way of FILE.part, which a later try goes on with if the object is the same
// still. Returns the bytes.
Result<std::uint64_t> fetch_file(Context& context, const ObjectsClient& client,
                                 const ObjectName& name, const std::filesystem::path& file);

// What a file's name says of its bytes: "image/jpeg"; "application/octet-stream" for one not known.
std::string_view content_type_of(const std::filesystem::path& file);

}  // namespace mayfly::cli
