// The body of a request that is passed to the program as it comes.
#pragma once

#include "custom/call.hpp"
#include "custom/connection.hpp"
#include "custom/frames.hpp"

namespace mayfly::custom {

// Of one call; in its thread.
class Body final : public BodyGiver {
public:
    Body(Inbox& inbox, Outbox& outbox, const Call& call);
    ~Body() override;
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;

    Piece give() override;
    std::array<int, 2> signs() override { return inbox_.signs(call_); }
    void heed() override { inbox_.heed(call_); }

private:
    Inbox& inbox_;
    Outbox& outbox_;
    const std::uint64_t call_;
    std::size_t coming_ = 0;  // bytes that were asked for and have not been given
};

}  // namespace mayfly::custom
