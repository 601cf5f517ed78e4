#include "objects/reading.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mayfly::objects {

namespace {

constexpr std::uint64_t kPiece = 1u << 20;

}  // namespace

Reading::Reading(const Shelf& shelf, io::BlockingPool& pool, std::vector<Segment> segments,
                 Range range)
    : shelf_(shelf), pool_(pool), segments_(std::move(segments)), left_(range) {}

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
        open_ = nullptr;
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
        if (!open_) {
            CO_TRY(auto file, co_await io::blocking(pool_, [&shelf = shelf_, id = segment.file] {
                       return shelf.read(id);
                   }));
            open_ = std::make_shared<ShelfFile>(std::move(file));
        }
        piece = co_await io::blocking(
            pool_, [open = open_, from, count] { return open->read(from, count); });
    }
    CO_TRYV(piece);
    left_.from += piece->size();
    left_.count -= piece->size();
    co_return piece;
}

}  // namespace mayfly::objects
