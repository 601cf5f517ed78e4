#include "engine/answers.hpp"

#include "workers/http_wire.hpp"
#include "workers/wire.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace mayfly::engine {

namespace {

double megabytes(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

Outcome outcome_of(std::uint8_t flags) {
    if (flags & workers::kRaised) return Outcome::unhandled_error;
    return flags & workers::kHandledError ? Outcome::handled_error : Outcome::ok;
}

std::string timed_out_json(Seconds limit, std::int64_t peak) {
    return fmt::format(
        R"json({{"errorMessage":"Function timed out after {} seconds (maxMemoryUsage: {:.2f}MB)"}})json",
        limit.count(), megabytes(peak));
}

std::string initializer_timed_out_json(Seconds limit, std::int64_t peak) {
    return fmt::format(
        R"json({{"errorMessage":"Function initializer timed out after {} seconds (maxMemoryUsage: {:.2f}MB)"}})json",
        limit.count(), megabytes(peak));
}

std::string died_json(Micros duration, std::int64_t peak, bool out_of_memory, int memory_mb,
                      std::string_view why) {
    const auto cause = out_of_memory
                           ? fmt::format(", out of memory: raise memorySize above {} MB", memory_mb)
                       : why.empty() ? std::string()
                                     : fmt::format(", {}", why);
    return fmt::format(
        R"json({{"errorMessage":"Process exited unexpectedly before completing request (duration: {}ms, maxMemoryUsage: {:.2f}MB{})"}})json",
        std::chrono::duration_cast<Millis>(duration).count(), megabytes(peak), cause);
}

std::string stopped_json(Micros duration, std::int64_t peak) {
    return fmt::format(
        R"json({{"errorMessage":"Invocation was stopped (duration: {}ms, maxMemoryUsage: {:.2f}MB)"}})json",
        std::chrono::duration_cast<Millis>(duration).count(), megabytes(peak));
}

std::string bad_response_json(std::string_view why) {
    return boost::json::serialize(boost::json::object{
        {"ErrorCode", "BadResponse"},
        {"ErrorMessage", fmt::format("the function's answer cannot be sent: {}", why)}});
}

bool take_http(std::uint8_t flags, Reply& reply) {
    if (reply.outcome != Outcome::ok) return true;
    const auto broken = [&reply](std::string why) {
        reply.outcome = Outcome::bad_response;
        reply.body = bad_response_json(why);
    };
    if (!(flags & workers::kHttp)) {
        broken("the function's runtime did not answer over HTTP");
        return false;
    }
    auto answer = workers::read_http_answer(reply.body);
    if (!answer) {
        const bool ends = answer.error().kind == Kind::invalid;
        broken(std::move(answer.error().what));
        return !ends;
    }
    reply.http = std::move(answer->head);
    reply.body.erase(0, answer->body_begins);
    return true;
}

}  // namespace mayfly::engine
