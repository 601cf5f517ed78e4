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

bool was_busy(const workers::CoreTime& before, const workers::CoreTime& now, Micros passed) {
    const auto used = now.ran - before.ran + now.waited - before.waited;
    return passed > Micros{0} && (passed - used) * kFifth < passed;
}

namespace {

// What a look sees.
struct Look {
    Time at;
    std::optional<CoreTimes> cores;
    std::optional<workers::CoreTime> loop;
};

Look look(const Clock& clock) {
    return {clock.now(), core_times(read_file("/proc/stat").value_or("")),
            workers::core_time(read_file("/proc/thread-self/schedstat").value_or(""))};
}

bool is_nothing_left(const Look& before, const Look& now) {
    return (before.cores && now.cores && were_busy(*before.cores, *now.cores)) ||
           (before.loop && now.loop && was_busy(*before.loop, *now.loop, now.at - before.at));
}

}  // namespace

Task<> watch_cores(io::Timers& timers, Engine& engine) {
    std::optional<Look> before;
    for (;;) {
        co_await timers.until(timers.now() + kEvery);
        std::optional<Look> now;
        if (engine.had_calls()) now = look(timers);
        const bool busy = before && now && is_nothing_left(*before, *now);
        engine.cores_are_busy(busy);
        engine.share_cores(busy);
        before = now;
    }
}

}  // namespace mayfly::engine
