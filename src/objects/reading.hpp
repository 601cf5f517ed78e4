// The bytes of a body on their way out, piece by piece; each is checked before it is handed out.
#pragma once

#include "base/result.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"
#include "objects/body_reader.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mayfly::objects {

// Loop thread. `shelf` and `pool` outlive it. What it reads stays readable while it lives, though
// the object be deleted, once its first piece was read.
class Reading {
public:
    // `segments` of the whole body; inline ones have their bytes.
    Reading(const Shelf& shelf, io::BlockingPool& pool, Segments segments, Range range)
        : pool_(pool), body_(std::make_shared<BodyReader>(shelf, std::move(segments), range)) {}

    // As BodyReader::next(), but that files are read in the pool.
    Task<Result<std::string>> next();

private:
    io::BlockingPool& pool_;
    std::shared_ptr<BodyReader> body_;  // shared with the job that reads
};

}  // namespace mayfly::objects
