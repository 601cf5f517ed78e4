#include "custom/parts.hpp"

#include "custom/answer.hpp"

namespace mayfly::custom {

Parts::Parts(Inbox& inbox, Outbox& outbox, const Call& call)
    : inbox_(inbox), outbox_(outbox), call_(call.id) {
    inbox_.open_credit(call_, call.http->credit);
}

Parts::~Parts() { inbox_.close_credit(call_); }

bool Parts::take(const Response& head, std::string_view piece) {
    using workers::FrameType;
    if (!begun_) outbox_.send(FrameType::part, workers::kHead, call_, {parts_head(head)});
    begun_ = true;
    while (!piece.empty()) {
        const auto bytes = inbox_.take_credit(call_, piece.size());
        if (bytes == 0) return false;
        outbox_.send(FrameType::part, 0, call_, {piece.substr(0, bytes)});
        piece.remove_prefix(bytes);
    }
    return true;
}

}  // namespace mayfly::custom
