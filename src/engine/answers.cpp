#include "engine/answers.hpp"

#include <fmt/format.h>

namespace mayfly::engine {

namespace {

double megabytes(std::int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

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

std::string died_json(Micros duration, std::int64_t peak, bool out_of_memory, int memory_mb) {
    const auto cause = out_of_memory
                           ? fmt::format(", out of memory: raise memorySize above {} MB", memory_mb)
                           : "";
    return fmt::format(
        R"json({{"errorMessage":"Process exited unexpectedly before completing request (duration: {}ms, maxMemoryUsage: {:.2f}MB{})"}})json",
        std::chrono::duration_cast<Millis>(duration).count(), megabytes(peak), cause);
}

}  // namespace mayfly::engine
