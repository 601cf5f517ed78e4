// The bytes of a body, piece by piece, on the caller's own thread; each is checked before it is
// handed out. What is damaged is mended from the shelf's mirror first, if there is one.
#pragma once

#include "objects/range.hpp"
#include "objects/shelf.hpp"
#include "objects/types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mayfly::objects {

// One thread at a time. `shelf` outlives it.
class BodyReader {
public:
    // `segments` of the whole body; inline ones have their bytes.
    BodyReader(const Shelf& shelf, Segments segments, Range range)
        : shelf_(shelf), segments_(std::move(segments)), left_(range) {}

    // The next piece, at most 1 MiB; empty at the end. Blocks if it lies in a file. internal
    // (ObjectDamaged): see Shelf.
    Result<std::string> next();

    // Whether next() reads a file.
    bool blocks();

private:
    void go_to_segment();
    Result<std::string> from_index(const Segment& segment) const;
    Result<std::string> from_file(std::int64_t file, std::uint64_t from, std::uint64_t count);

    const Shelf& shelf_;
    Segments segments_;
    Range left_;
    std::size_t at_ = 0;             // the segment at hand
    std::uint64_t begins_ = 0;       // where it begins in the body
    std::optional<ShelfFile> open_;  // its file
};

}  // namespace mayfly::objects
