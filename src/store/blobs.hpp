// Bytes under their own name: a blob is called by its sha-256, so it never changes and is checked
// whenever it is read.
//
// (1) put() returns only after the blob and its folder entry are on the disk.
// (2) A blob is under its final name only when it is whole: written beside, fsynced, renamed.
// (3) Nothing is served whose hash does not fit its name: rot is found and named.
// (4) put() of a blob that has rotted heals it.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::store {

// All functions block: they are meant for a worker thread (io/blocking.hpp) and may be called from
// several at once. Kinds: not_found; internal with the code BlobDamaged; unavailable (disk full).
class Blobs {
public:
    virtual ~Blobs() = default;

    // Returns the name: 64 lower-case hex digits.
    virtual Result<std::string> put(std::string_view bytes) = 0;
    virtual Result<std::string> get(const std::string& sha256) const = 0;

    // Bytes [from, from + count) of the blob, less at its end. Reads and checks the whole of it.
    virtual Result<std::string> range(const std::string& sha256, std::uint64_t from,
                                      std::uint64_t count) const = 0;

    virtual bool has(const std::string& sha256) const = 0;       // does not check its bytes
    virtual Result<void> remove(const std::string& sha256) = 0;  // also a success if there is none
    virtual Result<std::vector<std::string>> list() const = 0;   // names in order
};

// Blobs as files FOLDER/ab/abcdef….
class FileBlobs final : public Blobs {
public:
    // Makes the folder; leftovers of a put that was cut short are removed.
    static Result<FileBlobs> open(std::filesystem::path folder);

    Result<std::string> put(std::string_view bytes) override;
    Result<std::string> get(const std::string& sha256) const override;
    Result<std::string> range(const std::string& sha256, std::uint64_t from,
                              std::uint64_t count) const override;
    bool has(const std::string& sha256) const override;
    Result<void> remove(const std::string& sha256) override;
    Result<std::vector<std::string>> list() const override;

private:
    explicit FileBlobs(std::filesystem::path folder) : folder_(std::move(folder)) {}
    Result<std::filesystem::path> path(const std::string& sha256) const;

    std::filesystem::path folder_;
};

}  // namespace mayfly::store
