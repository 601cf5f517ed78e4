#include "workers/answer_parts.hpp"

#include "workers/wire.hpp"

namespace mayfly::workers {

Result<void> AnswerParts::take(std::uint8_t flags, std::size_t body_bytes) {
    if (!wanted_)
        return fail(Kind::invalid, "its runtime answered in parts, which nobody asked for");
    if (flags != 0 && flags != kHead)
        return fail(Kind::invalid, "its runtime sent a part with an unknown flag");
    if ((flags == kHead) == begun_)
        return fail(Kind::invalid, begun_ ? "its runtime sent a second head"
                                          : "its runtime sent a part before the head");
    if (body_bytes > left_)
        return fail(Kind::invalid, "its runtime sent more than its reader had taken");
    begun_ = true;
    left_ -= body_bytes;
    return {};
}

Result<void> AnswerParts::end(std::uint8_t flags, std::size_t body_bytes) const {
    const bool failed = (flags & (kHandledError | kRaised)) != 0;
    if (!begun_ || failed) return {};
    if (!(flags & kHttp) || body_bytes > 0)
        return fail(Kind::invalid, "its runtime ended its parts with an answer of its own");
    return {};
}

}  // namespace mayfly::workers
