// Sends spans to a collector of OpenTelemetry's, beside the calls and never in their way.
#pragma once

#include "base/log.hpp"
#include "base/rng.hpp"
#include "io/http_connection.hpp"
#include "io/timers.hpp"
#include "traces/call_span.hpp"

#include <cstdint>
#include <deque>

namespace mayfly::traces {

struct ExporterOptions {
    std::size_t waiting_max = 10'000;  // spans of calls; further ones are dropped, and counted
    std::size_t batch_max = 512;       // in one request
    Micros every = Seconds{1};
    Millis limit = Seconds{10};  // for one request
};

// Loop thread only. What is handed over outlives it.
class Exporter {
public:
    // `collector`: spans are posted to its /v1/traces, over plain HTTP.
    Exporter(boost::asio::any_io_executor loop, io::HttpClient collector, ExporterOptions options,
             Rng& rng, const Log& log);

    void take(CallSpan span);

    // Sends for ever; meant for a TaskGroup.
    Task<> run(io::Timers& timers);

    // Sends what waits, until nothing does or the collector does not take it.
    Task<> flush();

    // Calls, since the start.
    std::int64_t sent() const { return sent_; }
    std::int64_t dropped() const { return dropped_; }
    std::size_t waiting() const { return waiting_.size(); }

private:
    Task<bool> send_some();

    io::HttpClient collector_;
    ExporterOptions options_;
    Rng& rng_;
    const Log& log_;
    io::HttpConnection connection_;
    std::deque<CallSpan> waiting_;
    std::int64_t sent_ = 0, dropped_ = 0;
    bool failing_ = false;  // so that a collector that is away is told of once
};

}  // namespace mayfly::traces
