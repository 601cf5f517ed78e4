// Bodies too large for the index, each a file that is written once.
//
// (1) A file has its final name only when it is whole and synced: written under drafts/, fsynced,
//     renamed, its folder fsynced. Only then may the index name it.
// (2) Nothing is handed out whose sum does not fit: the bytes are followed by a sum for each block.
// (3) What is in drafts/ when the server starts belongs to nobody and goes.
// (4) With a mirror, (1) holds for the file there, too. A mirror that fails is left behind, and
// told
//     of once: catch_up() and mend() make good what it missed.
//
// File, version 1, integers little-endian: the bytes; for each block of 256 KiB (the last may be
// shorter) its CRC-64/XZ, 8 bytes; then 32 bytes: "MFYBODY1", the size of the bytes (8), the CRC-64
// of all sums (8), the size of a block (8).
#pragma once

#include "base/clock.hpp"
#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::objects {

inline constexpr std::uint64_t block_bytes = 256u << 10;

// The sums of a body's blocks, made while its bytes come.
class BlockSums {
public:
    void add(std::string_view bytes);
    std::uint64_t whole() const;  // crc64 of all bytes so far
    std::string trailer() const;  // what follows the bytes in the file
    std::uint64_t size() const { return size_; }

private:
    std::vector<std::uint64_t> full_;
    std::uint64_t open_ = 0, open_bytes_ = 0, size_ = 0, whole_ = 0;
};

class Mirror;

// A file that is being written. Dropped: it is removed. Blocks; one thread at a time.
class ShelfDraft {
public:
    ShelfDraft(ShelfDraft&& other) noexcept;
    ~ShelfDraft();
    Result<void> write(std::string_view bytes);

private:
    friend class Shelf;
    ShelfDraft(std::filesystem::path path, Fd file)
        : path_(std::move(path)), file_(std::move(file)) {}
    std::filesystem::path path_;
    Fd file_;
    off_t written_ = 0;
    std::shared_ptr<Mirror> mirror_;
    std::unique_ptr<ShelfDraft> second_;  // there, while it keeps up
};

// A file that is read. Blocks; one thread at a time.
class ShelfFile {
public:
    std::uint64_t size() const { return size_; }

    // Bytes [from, from + count), which lie within the size; every block they touch is read whole
    // and checked. internal (ObjectDamaged): a sum does not fit, or the file is shorter than it
    // says.
    Result<std::string> read(std::uint64_t from, std::uint64_t count) const;

private:
    friend class Shelf;
    Fd file_;
    std::filesystem::path path_;
    std::uint64_t size_ = 0;
    std::vector<std::uint64_t> sums_;
};

// All functions block and may be called from several threads at once.
class Shelf {
public:
    static Result<Shelf> open(std::filesystem::path folder);

    Result<ShelfDraft> draft(std::int64_t file) const;

    // Writes the trailer and gives the file its name; on return it is durable (1).
    Result<void> keep(ShelfDraft draft, std::int64_t file, const BlockSums& sums) const;

    // internal (ObjectDamaged): there is no such file, or its trailer is not one.
    Result<ShelfFile> read(std::int64_t file) const;

    Result<void> remove(std::int64_t file) const;           // also a success if there is none
    std::vector<std::int64_t> list(WallTime before) const;  // written before then; in no order

    std::filesystem::path path(std::int64_t file) const;

    // From now on what is written and removed here is so at the mirror (4). Before the first use.
    void mirror_to(std::shared_ptr<Mirror> mirror) { mirror_ = std::move(mirror); }
    Mirror* mirror() const { return mirror_.get(); }

    // Reads all of a file and compares it with its sums. internal (ObjectDamaged).
    struct Whole {
        std::uint64_t size = 0, crc64 = 0;
    };
    Result<Whole> check(std::int64_t file) const;

    // Makes the file here anew from the one on another shelf, whose sums must fit; durable on
    // return. internal (ObjectDamaged): that one is damaged, too.
    Result<void> restore(std::int64_t file, const Shelf& from) const;

    // Restores the file here from the mirror. internal (ObjectDamaged): there is no mirror, or it
    // has no sound copy.
    Result<void> mend(std::int64_t file) const;

private:
    explicit Shelf(std::filesystem::path folder) : folder_(std::move(folder)) {}
    Result<void> name(ShelfDraft& draft, std::int64_t file) const;
    std::filesystem::path folder_;
    std::shared_ptr<Mirror> mirror_;  // shared with the drafts under way
};

// A second shelf, best on another disk. Any thread.
class Mirror {
public:
    // On any thread, `lost` is called once, when a write there fails; `mended` with the path of
    // each file that was restored from there while it was read.
    struct Events {
        std::function<void(Error)> lost;
        std::function<void(std::string)> mended;
    };
    Mirror(Shelf shelf, Events events) : shelf_(std::move(shelf)), events_(std::move(events)) {}

    const Shelf& shelf() const { return shelf_; }
    void fell_behind(Error why);  // nothing is written there until the next start
    bool keeps_up() const { return !behind_; }
    void tell_mended(std::string path) const { events_.mended(std::move(path)); }

private:
    Shelf shelf_;
    Events events_;
    std::atomic<bool> behind_ = false;
};

// Of files written before then: copies what the mirror lacks, and removes what only it has; how
// many that were. `named`: whether the index names a file.
Result<int> catch_up(const Shelf& shelf, WallTime before,
                     const std::function<bool(std::int64_t)>& named);

}  // namespace mayfly::objects
