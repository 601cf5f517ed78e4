// The bytes of a body on their way out, piece by piece; each is checked before it is handed out.
#pragma once

#include "base/result.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"
#include "objects/range.hpp"
#include "objects/shelf.hpp"
#include "objects/types.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mayfly::objects {

// Loop thread. `shelf` and `pool` outlive it. What it reads stays readable while it lives, though
// the object be deleted, once its first piece was read.
class Reading {
public:
    // `segments` of the whole body; inline ones have their bytes.
    Reading(const Shelf& shelf, io::BlockingPool& pool, std::vector<Segment> segments, Range range);

    // The next piece, at most 1 MiB; empty at the end. What is damaged is mended from the mirror
    // first. internal (ObjectDamaged): see Shelf.
    Task<Result<std::string>> next();

private:
    Result<std::string> next_inline(const Segment& segment);

    const Shelf& shelf_;
    io::BlockingPool& pool_;
    std::vector<Segment> segments_;
    Range left_;
    std::size_t at_ = 0;        // the segment at hand
    std::uint64_t begins_ = 0;  // where it begins in the body
    struct Open;
    std::shared_ptr<Open> open_;  // its file; shared with the job that reads
};

}  // namespace mayfly::objects
