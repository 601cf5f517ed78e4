// Sends calls when they are due, whatever becomes of those before them: an open loop.
#pragma once

#include "cli/bench_profile.hpp"
#include "cli/bench_tally.hpp"
#include "io/http_client.hpp"

#include <functional>

namespace mayfly::cli {

struct LoadOptions {
    int connections_max = 1000;            // a call that finds none free waits for one
    std::size_t waiting_max = 100'000;     // so many at most; further ones are not sent
    Millis limit = std::chrono::hours{1};  // of one call
};

// How a response ended, for the tally.
struct Judged {
    Ended how = Ended::ok;
    bool cold = false;
    std::string why{};
};

struct Load {
    const io::HttpClient& peer;
    Profile profile;
    LoadOptions options{};
    std::function<io::HttpRequest()> next_request;
    std::function<Judged(const Result<io::HttpResponse>&)> judge;
    std::function<void(const Tally&)> look{};  // now and then, four times a second
};

// Blocks until every call has ended. True if it was interrupted (SIGINT, SIGTERM): then calls under
// way are dropped.
bool drive(Load load, Tally& tally);

}  // namespace mayfly::cli
