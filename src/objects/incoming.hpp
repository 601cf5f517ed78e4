// The bytes of a body on their way in: summed as they come, in memory while they are few, in a file
// of their own once they are not.
#pragma once

#include "base/digest.hpp"
#include "base/md5.hpp"
#include "base/result.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"
#include "objects/shelf.hpp"
#include "objects/types.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mayfly::objects {

// A body of at most so many bytes lies in the index: one commit instead of a file and three syncs.
inline constexpr std::uint64_t inline_bytes_max = 64u << 10;

// Sums that clients know by name: "md5", "sha256", "sha1", "crc32", "crc32c", "crc64nvme". Those
// that are wanted; pure; made piece by piece.
class Sums {
public:
    explicit Sums(const std::vector<std::string>& wanted);
    static bool knows(std::string_view name);
    bool any() const;  // is wanted
    void add(std::string_view bytes);
    std::map<std::string, std::string, std::less<>> end();  // raw bytes, big-endian for crcs

private:
    std::optional<Md5> md5_;
    std::unique_ptr<Hash> sha256_, sha1_;
    bool crc32_ = false, crc32c_ = false, nvme_ = false;
    std::uint32_t crc32_sum_ = 0, crc32c_sum_ = 0;
    std::uint64_t nvme_sum_ = 0;
};

// A body that has come whole and, if it has a file, is durable there. Nothing names it yet.
struct Body {
    std::vector<Segment> segments;  // one; none if it is empty
    std::uint64_t size = 0, crc64 = 0;
    std::map<std::string, std::string, std::less<>> sums;

    std::string md5_hex() const;  // empty if it was not made
};

// A body goes two ways side by side, each piece after piece: one sums it if a sum is wanted, which
// takes longest; one writes it, and syncs it while the last pieces are summed.
//
// Loop thread. Dropped before finish(): nothing stays. `shelf` and `pool` outlive it.
class Incoming {
public:
    Incoming(const Shelf& shelf, io::BlockingPool& pool, std::int64_t file,
             const std::vector<std::string>& wanted);

    // Takes a piece of any size; at most 2 MiB are held in memory. unavailable: the disk is full.
    Task<Result<void>> add(std::string_view piece);
    Task<Result<Body>> finish();
    std::uint64_t size() const { return size_; }

private:
    struct Open;
    struct Flights;
    struct Piece;
    Task<> flush();
    Task<> keep();
    Task<> landed(int still_under_way);

    const Shelf& shelf_;
    io::BlockingPool& pool_;
    std::int64_t file_;
    std::uint64_t size_ = 0;
    std::string waiting_;
    std::shared_ptr<Open> open_;        // with the jobs that may outlast us
    std::shared_ptr<Flights> flights_;  // with what they post
};

}  // namespace mayfly::objects
