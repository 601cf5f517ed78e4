#include "traces/exporter.hpp"

#include "traces/otlp_json.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace mayfly::traces {

Exporter::Exporter(boost::asio::any_io_executor loop, io::HttpClient collector,
                   ExporterOptions options, Rng& rng, const Log& log)
    : collector_(std::move(collector)),
      options_(options),
      rng_(rng),
      log_(log),
      connection_(std::move(loop), collector_) {}

void Exporter::take(CallSpan span) {
    if (waiting_.size() < options_.waiting_max) waiting_.push_back(std::move(span));
    else ++dropped_;
}

Task<> Exporter::run(io::Timers& timers) {
    for (;;) {
        co_await timers.until(timers.now() + options_.every);
        co_await flush();
    }
}

Task<> Exporter::flush() {
    while (!waiting_.empty() && co_await send_some()) {
    }
}

// False: the collector is away, and what was not taken waits for the next time. What it will never
// take is dropped.
Task<bool> Exporter::send_some() {
    const auto count = std::min(waiting_.size(), options_.batch_max);
    std::vector<CallSpan> batch(waiting_.begin(),
                                waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    const io::HttpRequest request{
        .method = "POST",
        .target = "/v1/traces",
        .headers = {{"Content-Type", "application/json"}, {"User-Agent", "mayfly/" MAYFLY_VERSION}},
        .body = to_otlp(batch, rng_)};
    const auto answer = co_await connection_.exchange(request, options_.limit, true);
    const bool away = !answer || answer->status == 429 || answer->status == 502 ||
                      answer->status == 503 ||
                      answer->status == 504;  // what OTLP says may be tried again
    const bool taken = answer && answer->status / 100 == 2;
    if (!taken && !failing_)
        log_.warn("the collector of traces {}: {}", away ? "is away" : "refuses them",
                  answer ? "it answered " + std::to_string(answer->status) : answer.error().what);
    if (taken && failing_) log_.info("the collector of traces is back");
    failing_ = !taken;
    if (away) co_return false;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    (taken ? sent_ : dropped_) += static_cast<std::int64_t>(count);
    co_return true;
}

}  // namespace mayfly::traces
