// Where the outcome of an asynchronous call goes. Pure.
#pragma once

#include "base/result.hpp"
#include "model/call.hpp"

#include <string>
#include <string_view>

namespace mayfly::catalog {

struct Destination {
    Target target;    // an event function of the same account
    std::string url;  // or, if not empty, a webhook (http, https) or mail: "mailto:ADDRESS" for
                      // word of the outcome, "mailto:" if the answer is the mail (deliver/mail.hpp)
    bool bus = false;  // or the event bus
};

// "acs:fc:REGION:ACCOUNT:services/SERVICE[.QUALIFIER]/functions/FUNCTION" (any region: there is one
// here; without services/… the service is "default", as in API 2023-03-30),
// "acs:eventbridge:REGION:ACCOUNT:eventbus/BUS…", "https://HOST/…" or "mailto:…". invalid
// (InvalidArgument): another account's function, a queue or topic this build does not have, or
// nothing of the kind.
Result<Destination> parse_destination(std::string_view text, const AccountId& account);

// "acs:fc:local:1:services/s/functions/f".
std::string function_arn(const Target& target, std::string_view region);

}  // namespace mayfly::catalog
