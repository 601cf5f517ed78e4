// `mayfly serve`: the server from its first line to its last.
#pragma once

#include "door/objects_body.hpp"
#include "main/credentials.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace mayfly {

struct ServeOptions {
    std::filesystem::path data = ".mayfly";
    std::string listen = "127.0.0.1:7400";  // port 0: a free one
    std::string listen_objects;             // empty: the host of `listen`, port 7401
    std::filesystem::path objects_replica;  // a second place for objects; empty: none
    std::string objects_copy;               // where objects are copied to; empty: nowhere
    door::Etag objects_etag = door::Etag::by_size;
    std::filesystem::path ready_file;  // empty: only DATA/server.json is written
    int workers_max = 1000;            // alive at once, all functions together
    int parked_max = 32;               // workers of each language kept ready
    int memory_promise = 8;            // how many times the machine's is given to workers
    std::string webhook_allow;         // private networks that webhooks may go to
    std::string internet_allow;        // that functions with internetAccess may reach
    std::string smtp;                  // the mail server mails go by; empty: none
    std::string mail_from = "Mayfly <mayfly@localhost>";
    std::string clock;          // of timer triggers: "x1440"; empty: the machine's
    bool zygotes = true;        // false: plain exec for every worker, for comparison
    bool billing_sync = false;  // no call is answered before its bill is on the disk
    std::string otlp_endpoint;  // a collector of traces, http://HOST:PORT; empty: none
    double otlp_share = 1;      // of the calls whose callers' traces nobody records
    bool verbose = false;
};

// Serves until SIGTERM or SIGINT, then drains. Exit codes: 0 clean, 1 bad start (do not restart),
// 2 a second signal cut the drain short.
int serve(const ServeOptions& options, const Environment& environment);

}  // namespace mayfly
