#include "engine/memory_watch.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

namespace mayfly::engine {

namespace {

constexpr double kShort = 0.1;
constexpr Seconds kEvery{1};

// "MemTotal:       24543840 kB"
std::optional<std::int64_t> field(std::string_view text, std::string_view name) {
    const auto at = text.find(name);
    if (at == text.npos) return {};
    auto value = text.substr(at + name.size());
    value = trim(value.substr(0, value.find(" kB")));
    return parse_int(value);
}

}  // namespace

std::optional<double> share_available(std::string_view meminfo) {
    const auto total = field(meminfo, "MemTotal:"), available = field(meminfo, "MemAvailable:");
    if (!total || !available || *total <= 0) return {};
    return static_cast<double>(*available) / static_cast<double>(*total);
}

bool has_swap(std::string_view meminfo) { return field(meminfo, "SwapTotal:").value_or(0) > 0; }

Task<> watch_memory(io::Timers& timers, Engine& engine) {
    for (;;) {
        co_await timers.until(timers.now() + kEvery);
        if (engine.counts().idle == 0) continue;
        const auto text = read_file("/proc/meminfo");
        const auto share = text ? share_available(*text) : std::nullopt;
        if (share && *share < kShort) engine.memory_is_short();
    }
}

}  // namespace mayfly::engine
