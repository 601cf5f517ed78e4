#include "base/log.hpp"

#include "base/clock.hpp"

#include <unistd.h>

namespace mayfly {

void Log::write(Level level, std::string_view text) const {
    if (level < threshold_) return;
    static constexpr std::string_view names[] = {"debug", "info ", "warn ", "error"};
    const auto line = fmt::format("{} {} {}\n", iso8601_millis(SystemClock{}.wall()),
                                  names[static_cast<int>(level)], text);
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace mayfly
