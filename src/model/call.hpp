// A call and its answer as plain values; the same whichever door the call came through.
#pragma once

#include "base/clock.hpp"
#include "model/course.hpp"
#include "model/function.hpp"
#include "model/ids.hpp"
#include "model/trace.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mayfly {

class AnswerBody;   // engine/answer_body.hpp
class RequestBody;  // engine/request_body.hpp

// Which function a caller names. `qualifier` is a version number, an alias or empty for LATEST.
struct Target {
    AccountId account;
    std::string service;
    std::string qualifier;
    std::string function;
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;  // names as they were sent

// What a call that came over HTTP says besides its body. Bytes are as they were sent, but for
// `path`.
struct HttpPart {
    std::string method;
    std::string path;   // what follows the function's name, decoded: UTF-8, begins with '/'
    std::string query;  // without '?'
    std::string uri;    // the whole path and query
    std::string client_ip;
    HttpHeaders headers;
};

// And what its answer says besides its body.
struct HttpHead {
    int status = 200;     // 200 to 599
    HttpHeaders headers;  // names are tokens, values hold no control characters (RFC 9110, 5)
};

// The event that a call answers. It travels with the keys of the call, so that what the call causes
// knows where it came from.
struct CausedBy {
    std::string trigger;  // the name of the trigger that made the event; may be empty
    std::string event;    // its id
    int depth = 0;        // how many events led to it
};

// How whoever carries a call out hears that its caller is gone. Lives in the caller's connection
// until the call's reply is given; whoever carries the call out sets `tell`. Loop thread only.
struct CallerGone {
    std::function<void()> tell{};
};

struct Call {
    std::string request_id;  // "1-{8 hex seconds}-{24 hex}", unique
    std::string trigger;     // who called: "api", "http", later "timer", "oss", ...
    Target target;
    std::string body;
    bool wants_log = false;             // X-Fc-Log-Type: Tail
    std::optional<HttpPart> http = {};  // of a call that came over HTTP
    bool async = false;   // nobody waits for it: it yields to those that are waited for
    int retry_count = 0;  // how often it was run before
    std::optional<CausedBy> caused_by = {};
    CallerGone* caller_gone = nullptr;  // null where nobody waits who could leave
    bool takes_parts = false;           // over HTTP: the reply may come before the body has ended
    std::shared_ptr<const TraceContext> caller_span = nullptr;  // null: none was named
    std::shared_ptr<RequestBody> incoming{};  // over HTTP: what follows `body`; null: nothing
};

// How a call that reached a worker ended.
enum class Outcome : std::uint8_t {
    ok,
    handled_error,    // the function reported an error in its language's way (Node's callback(err))
    unhandled_error,  // it raised, could not be loaded, or its answer could not be encoded
    timed_out,        // its time limit passed; the worker was killed
    died,             // its process ended before it answered
    out_of_memory,    // its memory limit was hit and the kernel ended it
    bad_response,     // called over HTTP, it answered with what is no HTTP
    cancelled,        // its caller went away; the worker was killed
};

// "ok", "unhandled_error", …
std::string_view to_text(Outcome outcome);

// Why a call had to wait for a new worker, or did not.
enum class Start : std::uint8_t { warm, cold };

// What happened, for the caller and the ledger alike.
struct Reply {
    Outcome outcome = Outcome::ok;
    std::string body;                     // the function's bytes, or FC's error JSON
    std::optional<HttpHead> http = {};    // of a call that came over HTTP and ended well
    std::shared_ptr<AnswerBody> parts{};  // instead of `body`, where it comes in parts: then the
                                          // call has not ended, and its cost is not known
    std::string log;    // what it logged, newest 4 KiB; filled only if the call wants it
    Micros duration{};  // initializer and handler, as FC bills it
    std::int64_t memory_bytes_peak = 0;
    Start start = Start::warm;
    Course course{};                     // of one that was not simply warm
    std::string instance_id;             // "c-{8 hex}-{8 hex}-{12 hex}"
    Route route;                         // the revision that ran
    std::optional<TraceContext> span{};  // of the call, where it was traced
};

}  // namespace mayfly
