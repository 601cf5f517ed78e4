// Events that leave the platform as mail, handed to the operator's mail server (SMTP; libcurl).
// Functions name whom a mail is for and what it says; the server it goes by and whom it is from are
// the operator's, so no function reaches a host of its choice this way.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/blocking.hpp"
#include "io/task.hpp"

#include <string>

namespace mayfly::deliver {

// Loop thread. Mails are handed over on threads of its own, a few at a time; the destructor waits
// for them.
class Mailer {
public:
    struct Options {
        std::string relay;  // "smtp://HOST:PORT", "smtps://…", user and password in front of HOST;
                            // empty: there is none
        std::string from = "Mayfly <mayfly@localhost>";
        std::size_t threads = 2;
        Millis limit = Seconds{30};  // for one mail, from the name to the last answer
    };

    // invalid: the relay is no such URL, or `from` has no address.
    static Result<Options> checked(Options options);

    explicit Mailer(Options options);

    // Hands over the mail that `body` is (mail.hpp); the server took it when this returns. If its
    // answer is lost on the way, it may have it all the same. invalid: it is no mail; denied: the
    // server refuses it for good (5xx); unavailable, timed_out: it could not be reached or asks to
    // come back (4xx), or there is none.
    Task<Result<std::string>> send(std::string id, std::string body, WallTime now);

private:
    Options options_;
    io::BlockingPool pool_;
};

}  // namespace mayfly::deliver
