#include "objects/reading.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace mayfly::objects {

namespace {

constexpr std::uint64_t kPiece = 1u << 20;

}  // namespace

// The file at hand; used by one job at a time.
struct Reading::Open {
    std::optional<ShelfFile> file;
    Result<std::string> read(const Shelf& shelf, std::int64_t id, std::uint64_t from,
                             std::uint64_t count) {
        if (!file) {
            TRY(auto opened, shelf.read(id));
            file.emplace(std::move(opened));
        }
        return file->read(from, count);
    }
};

Reading::Reading(const Shelf& shelf, io::BlockingPool& pool, std::vector<Segment> segments,
                 Range range)
    : shelf_(shelf),
      pool_(pool),
      segments_(std::move(segments)),
      left_(range),
      open_(std::make_shared<Open>()) {}

Result<std::string> Reading::next_inline(const Segment& segment) {
    if (segment.bytes.size() != segment.size || mayfly::crc64(segment.bytes) != segment.crc64)
        return fail(Kind::internal,
                    "the stored bytes of this object are damaged; restore them from the replica or "
                    "a backup, or store the object again",
                    "ObjectDamaged");
    const auto from = left_.from - begins_;
    return segment.bytes.substr(from, left_.count);
}

Task<Result<std::string>> Reading::next() {
    if (left_.count == 0) co_return std::string();
    while (at_ < segments_.size() && begins_ + segments_[at_].size <= left_.from) {
        begins_ += segments_[at_++].size;
        open_ = std::make_shared<Open>();
    }
    if (at_ == segments_.size())
        co_return fail(Kind::internal, "the object is shorter than the index says",
                       "ObjectDamaged");
    const auto& segment = segments_[at_];
    Result<std::string> piece;
    if (segment.file == 0) {
        piece = next_inline(segment);
    } else {
        const auto from = left_.from - begins_;
        // Up to a block's end, so that no block is read twice.
        const auto end = std::min((from / block_bytes) * block_bytes + kPiece, segment.size);
        const auto count = std::min(left_.count, end - from);
        piece = co_await io::blocking(
            pool_, [open = open_, &shelf = shelf_, id = segment.file, from, count] {
                auto read = open->read(shelf, id, from, count);
                if (read || read.error().code != "ObjectDamaged" || !shelf.mirror()) return read;
                if (!shelf.mend(id)) return read;
                shelf.mirror()->tell_mended(shelf.path(id).string());
                open->file.reset();
                return open->read(shelf, id, from, count);
            });
    }
    CO_TRYV(piece);
    left_.from += piece->size();
    left_.count -= piece->size();
    co_return piece;
}

}  // namespace mayfly::objects
