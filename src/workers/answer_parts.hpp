// What a worker may send of an answer that it gives in parts (runtimes/PROTOCOL.md). Pure; the
// bytes are others' affair.
//
// (1) Parts come only for a call that said how much its reader takes ahead: its credit.
// (2) The first part has the head, and no other has.
// (3) The bodies of all parts together are never more than the credit, the first and all that was
//     granted since.
// (4) The answer that ends them has no body of its own, unless it says how the function failed.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>

namespace mayfly::workers {

// Of one call.
class AnswerParts {
public:
    // 0: it takes no parts.
    explicit AnswerParts(std::size_t credit) : left_(credit), wanted_(credit > 0) {}

    // The next part. invalid: it breaks a rule, and its worker must end.
    Result<void> take(std::uint8_t flags, std::size_t body_bytes);

    // Its reader has taken so many more.
    void grant(std::size_t bytes) { left_ += bytes; }

    // The answer that ends the call. invalid: as take.
    Result<void> end(std::uint8_t flags, std::size_t body_bytes) const;

    bool begun() const { return begun_; }

private:
    std::size_t left_;
    bool wanted_, begun_ = false;
};

}  // namespace mayfly::workers
