#include "objects/body_reader.hpp"

#include <algorithm>

namespace mayfly::objects {

namespace {

constexpr std::uint64_t kPiece = 1u << 20;

}  // namespace

void BodyReader::go_to_segment() {
    while (at_ < segments_->size() && begins_ + (*segments_)[at_].size <= left_.from) {
        begins_ += (*segments_)[at_++].size;
        open_.reset();
    }
}

bool BodyReader::blocks() {
    go_to_segment();
    return left_.count > 0 && at_ < segments_->size() && (*segments_)[at_].file != 0;
}

Result<std::string> BodyReader::from_index(const Segment& segment) const {
    if (segment.bytes.size() != segment.size || mayfly::crc64(segment.bytes) != segment.crc64)
        return fail(Kind::internal,
                    "the stored bytes of this object are damaged; restore them from the replica or "
                    "a backup, or store the object again",
                    "ObjectDamaged");
    return segment.bytes.substr(left_.from - begins_, left_.count);
}

Result<std::string> BodyReader::from_file(std::int64_t file, std::uint64_t from,
                                          std::uint64_t count) {
    const auto read = [&]() -> Result<std::string> {
        if (!open_) {
            TRY(auto opened, shelf_.read(file));
            open_.emplace(std::move(opened));
        }
        return open_->read(from, count);
    };
    auto bytes = read();
    if (bytes || bytes.error().code != "ObjectDamaged" || !shelf_.mirror()) return bytes;
    if (!shelf_.mend(file)) return bytes;
    shelf_.mirror()->tell_mended(shelf_.path(file).string());
    open_.reset();
    return read();
}

Result<std::string> BodyReader::next() {
    if (left_.count == 0) return std::string();
    go_to_segment();
    if (at_ == segments_->size())
        return fail(Kind::internal, "the object is shorter than the index says", "ObjectDamaged");
    const auto& segment = (*segments_)[at_];
    Result<std::string> piece;
    if (segment.file == 0) {
        piece = from_index(segment);
    } else {
        const auto from = left_.from - begins_;
        // Up to a block's end, so that no block is read twice.
        const auto end = std::min((from / block_bytes) * block_bytes + kPiece, segment.size);
        piece = from_file(segment.file, from, std::min(left_.count, end - from));
    }
    TRYV(piece);
    left_.from += piece->size();
    left_.count -= piece->size();
    return piece;
}

}  // namespace mayfly::objects
