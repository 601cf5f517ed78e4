// An event on its way to a function or a URL, and how it lies in the queue. Pure.
#pragma once

#include "base/result.hpp"
#include "model/call.hpp"
#include "queue/task_queue.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mayfly::queue {

// FC's limit of an asynchronous event's body.
inline constexpr std::size_t kEventBytesMax = 128u << 10;

// An event that more than this many others led to, each caused by the one before, is a loop.
inline constexpr int kDepthMax = 16;

struct Event {
    std::string id;            // the request id of its calls
    Target target;             // whom it is for; of a URL only the account
    std::string url;           // not empty: it is posted there instead
    std::string trigger;       // what it came from: "api", "timer", "oss", "event", "destination"
    std::string trigger_name;  // which of them; may be empty
    std::string body;
    std::string task_id;             // the caller's own name for it: taken once; may be empty
    WallTime not_before{};           // it starts no earlier
    int depth = 0;                   // how many events led to it
    std::string parent;              // the last of them
    std::optional<HttpPart> http{};  // of one that came over HTTP
    std::optional<TraceContext> cause_span{};  // of the call that caused it, where that is traced
};

// "ACCOUNT/SERVICE/FUNCTION" or "ACCOUNT/~url/HOST:PORT": what shares a lane.
std::string lane_of(const Event& event);
std::string lane_of(const AccountId& account, const std::string& service,
                    const std::string& function);

NewTask to_task(Event event, WallTime now);

// internal: `head` was not written by to_task().
Result<Event> to_event(std::string id, std::string_view head, std::string body);

// The same for failures that are alike: the error's type and message without numbers, addresses and
// ids. `answer` is a function's error JSON or any text.
std::string signature_of(std::string_view answer);

// "TypeError: …" for a human, from the same.
std::string failure_text(std::string_view answer);

}  // namespace mayfly::queue
