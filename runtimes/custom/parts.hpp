// An answer that is passed on as it comes: in parts, never more of them than its reader takes.
#pragma once

#include "custom/call.hpp"
#include "custom/connection.hpp"
#include "custom/frames.hpp"

namespace mayfly::custom {

// Of one call; in its thread.
class Parts final : public PartsTaker {
public:
    Parts(Inbox& inbox, Outbox& outbox, const Call& call);
    ~Parts() override;
    Parts(const Parts&) = delete;
    Parts& operator=(const Parts&) = delete;

    bool take(const Response& head, std::string_view piece) override;
    bool begun() const { return begun_; }

private:
    Inbox& inbox_;
    Outbox& outbox_;
    const std::uint64_t call_;
    bool begun_ = false;
};

}  // namespace mayfly::custom
