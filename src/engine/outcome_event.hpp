// What an event's end is told as: to its destination, and in its story. FC's form (facts:
// function-compute 6). Pure.
#pragma once

#include "model/call.hpp"
#include "queue/event.hpp"
#include "queue/retry.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::engine {

// A try of an event, and what came of it.
struct Attempt {
    queue::Tried::How how = queue::Tried::How::ok;
    WallTime began{};
    WallTime ended{};
    std::string_view outcome;  // "ok", "unhandled_error", …, "refused", "expired", "loop"
    std::string answer;        // of the function, or of the platform: one sentence
    std::string code;          // of the platform's refusal
    std::string instance_id;   // of one that ran
    bool cold = false;
    bool ran = false;
    std::optional<TraceContext> span{};  // of one that ran and was traced
};

// A line of the story: {"at":"…","ms":12.3,"outcome":"…","what":"…","instance":"…","next":"…"}.
// `again`: when it is tried next; WallTime{} for never.
std::string story_line(const Attempt& attempt, WallTime again);

// The body of a destination's event: {"timestamp":…,"requestContext":{…},"requestPayload":"…",
// "responseContext":{…},"responsePayload":"…"}. Payloads that are not UTF-8 go as base64, and
// "payloadEncoding" says so; each is cut to 256 KB.
std::string outcome_json(const queue::Event& event, const Attempt& attempt, int attempts,
                         std::string_view condition, std::string_view region);

// The same to be read by people: a mail to `whom` that holds `outcome` (deliver/mail.hpp).
std::string outcome_mail(const queue::Event& event, std::string_view whom, bool ok,
                         const std::string& outcome);

}  // namespace mayfly::engine
