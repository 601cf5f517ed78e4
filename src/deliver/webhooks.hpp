// Events that leave the platform: posted to a URL, over http or https (libcurl).
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"
#include "reach/guard.hpp"

#include <string>

namespace mayfly::deliver {

struct Post {
    std::string url;
    std::string id;    // goes along as X-Mayfly-Event-Id: the same at every try
    std::string body;  // JSON
};

// Loop thread. Posts run on threads of its own, a few at a time; the destructor waits for them.
class Webhooks {
public:
    struct Options {
        std::size_t threads = 4;
        Millis limit = Seconds{10};       // for one post, from the name to the last byte
        std::size_t answer_bytes = 4096;  // read of what comes back
    };

    Webhooks(reach::Guard guard, Options options);

    // The start of the answer to a post that was taken (status 2xx). denied: the guard does not let
    // it go there; invalid: it is no URL; failed: the other side refuses it (other statuses, 3xx
    // among them: nothing is followed); unavailable, timed_out: it could not be reached, or is busy
    // (408, 429, 5xx): later may help.
    Task<Result<std::string>> send(Post post);

private:
    reach::Guard guard_;
    Options options_;
    io::BlockingPool pool_;
};

}  // namespace mayfly::deliver
