// Copies of all objects to another store, kept up with what changes here: what is put is put there,
// what is deleted is deleted there. Only what is current, not old versions.
//
// (1) A key leaves the feed only once the other store has answered for it; a server that ends in
//     between copies it again.
// (2) A key that cannot be copied for a reason of its own (its bytes are damaged, it is too large)
//     is named in the log and left out; one that the other store does not take is tried again, with
//     growing pauses, and holds up those behind it: their order is kept for each key only.
#pragma once

#include "base/log.hpp"
#include "copies/s3_target.hpp"
#include "io/blocking.hpp"
#include "io/timers.hpp"
#include "objects/store.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mayfly::copies {

// Loop thread. What it is given outlives it.
class Copier {
public:
    Copier(S3Target target, objects::Store& store, io::Timers& timers, const Log& log)
        : target_(std::make_shared<const S3Target>(std::move(target))),
          store_(store),
          timers_(timers),
          log_(log) {}

    // Until it is stopped.
    Task<> run();

    std::string text() const;  // "3 to copy to http://…" or "in step with http://…", and why not

private:
    enum class Copied : std::uint8_t { done, left_out, later };
    Task<Copied> copy(objects::Fed one);
    Task<> lane(const std::vector<objects::Fed>& some, std::size_t which,
                std::vector<Copied>& ends);
    Task<bool> copy_some();

    std::shared_ptr<const S3Target> target_;  // shared with the job that may outlast us
    objects::Store& store_;
    io::Timers& timers_;
    const Log& log_;
    io::BlockingPool pool_{4};  // a copy at a time each
    bool changed_ = true;       // since the feed was last read
    std::string trouble_;       // why the last try failed; empty: it did not
};

}  // namespace mayfly::copies
