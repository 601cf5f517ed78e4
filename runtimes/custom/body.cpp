#include "custom/body.hpp"

namespace mayfly::custom {

Body::Body(Inbox& inbox, Outbox& outbox, const Call& call)
    : inbox_(inbox), outbox_(outbox), call_(call.id) {
    inbox_.open_body(call_);
}

Body::~Body() { inbox_.close_body(call_); }

BodyGiver::Piece Body::give() {
    auto part = inbox_.take_body(call_);
    coming_ -= part.bytes.size();
    const auto end = part.flags & workers::kCutShort ? Piece::End::cut_short
                     : part.flags & workers::kLast   ? Piece::End::whole
                                                     : Piece::End::none;
    const auto room = static_cast<std::uint32_t>(workers::kCreditBytes - coming_);
    if (end == Piece::End::none && room >= workers::kCreditBytes / 2) {
        coming_ += room;
        outbox_.send(workers::FrameType::credit, 0, call_,
                     {{reinterpret_cast<const char*>(&room), sizeof room}});
    }
    return {.bytes = std::move(part.bytes), .end = end};
}

}  // namespace mayfly::custom
