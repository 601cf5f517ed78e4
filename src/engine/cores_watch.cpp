#include "engine/cores_watch.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

namespace mayfly::engine {

namespace {

constexpr Millis kEvery{100};
constexpr std::int64_t kFifth = 5;

}  // namespace

// "cpu  USER NICE SYSTEM IDLE IOWAIT IRQ SOFTIRQ STEAL GUEST GUEST_NICE"; the last two are counted
// in the first.
std::optional<CoreTimes> core_times(std::string_view stat) {
    constexpr std::size_t kIdle = 3, kIoWait = 4, kFields = 8;
    if (!stat.starts_with("cpu ")) return {};
    const auto words = split(trim(stat.substr(4, stat.find('\n') - 4)), ' ');
    if (words.size() < kFields) return {};
    CoreTimes times;
    for (std::size_t i = 0; i < kFields; ++i) {
        const auto ticks = parse_int(words[i]);
        if (!ticks) return {};
        times.all += *ticks;
        if (i == kIdle || i == kIoWait) times.idle += *ticks;
    }
    return times;
}

bool were_busy(const CoreTimes& before, const CoreTimes& now) {
    const auto all = now.all - before.all;
    return all > 0 && (now.idle - before.idle) * kFifth < all;
}

Task<> watch_cores(io::Timers& timers, Engine& engine) {
    std::optional<CoreTimes> before;
    for (;;) {
        co_await timers.until(timers.now() + kEvery);
        std::optional<CoreTimes> now;
        if (engine.had_calls()) now = core_times(read_file("/proc/stat").value_or(""));
        engine.cores_are_busy(before && now && were_busy(*before, *now));
        before = now;
    }
}

}  // namespace mayfly::engine
