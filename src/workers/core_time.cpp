#include "workers/core_time.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace mayfly::workers {

std::optional<CoreTime> core_time(std::string_view schedstat) {
    const auto words = split(trim(schedstat), ' ');
    if (words.size() != 3) return {};
    const auto ran = parse_int(words[0]);
    const auto waited = parse_int(words[1]);
    if (!ran || !waited) return {};
    using std::chrono::duration_cast;
    return CoreTime{duration_cast<Micros>(std::chrono::nanoseconds(*ran)),
                    duration_cast<Micros>(std::chrono::nanoseconds(*waited))};
}

std::optional<Micros> core_use(std::string_view cpu_stat) {
    constexpr std::string_view kKey = "usage_usec ";
    if (!cpu_stat.starts_with(kKey)) return {};
    const auto value = parse_int(cpu_stat.substr(kKey.size(), cpu_stat.find('\n') - kKey.size()));
    return value ? std::optional(Micros{*value}) : std::nullopt;
}

std::optional<Micros> undisturbed(Micros took, const CoreTime& before, const CoreTime& after) {
    const auto ran = after.ran - before.ran;
    if (ran <= Micros{0}) return {};
    return std::max(took - (after.waited - before.waited), std::min(ran, took));
}

}  // namespace mayfly::workers
